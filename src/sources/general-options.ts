import { z } from 'zod'
import type { CompleteOptionsOf } from './option-table'
import { domain, flag, optional, required, selection, text } from './options'

const onMissing = z.enum(['keep', 'clear'])
const keep = { value: 'keep', label: 'Keep what is stored' }
const clear = { value: 'clear', label: 'Empty the field' }
const idRule = 'must be 1 to 64 letters, digits, - or _, since it is part of addresses'
const attributeName = z.union([
  text,
  z
    .array(text)
    .min(1, 'name at least one attribute')
    .refine((names) => new Set(names).size === names.length, 'name each attribute once'),
])
const identifiers = z
  .array(text)
  .min(1, 'name at least one login identifier')
  .refine((paths) => new Set(paths).size === paths.length, 'name each login identifier once')

/** The options that sources of both protocols have. In the order of the form. */
export const generalOptions = {
  /** What people see. Default: the id. */
  label: optional(text, {
    kind: 'text',
    label: 'Label',
    section: 'name',
    hint: 'What people see on the sign-in page: the name of the company or of its provider.',
  }),
  /** URL-safe and permanent: it is part of every address and of every stored identity. */
  id: required(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i, idRule), {
    permanent: true,
    team: true,
    kind: 'name',
    label: 'Source ID',
    section: 'name',
    hint: 'Letters, digits, - and _. It becomes part of the addresses below, and can never be changed.',
    placeholder: 'acme-okta',
  }),
  /** The app's own id of the customer that the source belongs to. Default: none. */
  organization: optional(text, {
    team: true,
    kind: 'name',
    label: 'Organization',
    section: 'name',
    hint: 'The ID of the customer whose people sign in here. It can’t be changed while people are linked.',
  }),
  /** Decides whether the source has `saml` or `oidc`. Permanent. */
  protocol: required(z.enum(['saml', 'oidc']), { permanent: true }),
  /** Whether people can sign in through it. Default: true. */
  enabled: optional(flag, {
    default: true,
    kind: 'flag',
    label: 'Sign-in is on',
    section: 'name',
    hint: 'When off, nobody can sign in, but settings are kept.',
  }),
  /** Paths of the enabled login identifiers, in the order in which they are shown. Default: `['email']`. */
  identifiers: optional(identifiers, { default: ['email'] }),
  /** Whether a first sign-in creates a user. Default: false. */
  provisioning: optional(flag, {
    default: false,
    kind: 'flag',
    label: 'Enable JIT provisioning',
    section: 'provisioning',
    hint: 'People who sign in without an account here get one, filled from what the identity provider sends. When off, they are refused. People who have an account are not affected.',
  }),
  /** Whether every sign-in updates the user. Default: false. */
  syncing: optional(flag, {
    default: false,
    kind: 'flag',
    label: 'Enable JIT syncing',
    section: 'syncing',
    hint: 'Every sign-in updates the fields from the identity provider.',
    risk: 'Risk: what people have changed here by hand is overwritten in the fields that are synced.',
  }),
  /** Which fields are filled when a user is created, and which are updated. Default: all. */
  fields: optional(z.strictObject({ provision: selection.optional(), sync: selection.optional() }), {
    default: { provision: 'all', sync: 'all' },
  }),
  /** Attribute names by path, for this source alone: a name, or a list whose first name that arrives is read. */
  attributes: optional(z.record(z.string(), attributeName), { default: {} }),
  /** Values for every user whom this source creates, by path of the user model. Default: none. */
  set: optional(z.record(z.string(), z.unknown()), { default: {}, team: true }),
  /** When an existing user is recognized by a login identifier. Default: `verified`. */
  linking: optional(z.enum(['never', 'verified', 'trusted']), {
    default: 'verified',
    team: true,
    kind: 'radio',
    label: 'People who already have an account here',
    section: 'identifiers',
    hint: 'What happens at their first sign-in through this source.',
    choices: [
      {
        value: 'verified',
        label: 'Connect them by verified e-mail',
        hint: 'Only where the e-mail’s domain is named below, or the provider says that it has verified the address. Most choose this.',
      },
      {
        value: 'trusted',
        label: 'Connect them by any login identifier',
        hint: 'For the one identity provider of your own company.',
        risk: 'Risk: its administrators can open any account here, by sending that person’s e-mail or number.',
      },
      {
        value: 'never',
        label: 'Never connect them',
        hint: 'Existing accounts stay out of reach of this source; their owners are refused.',
      },
    ],
  }),
  /** The email domains that this source may assert. Default: any. */
  domains: optional(z.array(domain), {
    default: [],
    kind: 'lines',
    label: 'E-mail domains',
    section: 'identifiers',
    hint: 'One per line. People with an address elsewhere are refused.',
    risk: 'Risk: left empty, this source may speak for any address. Name your domains wherever several companies use this app.',
    rows: 3,
    placeholder: 'example.com',
  }),
  /** Whether people of `domains` have to sign in here. The app asks `requiredSource` or `requireSso`. Default: false. */
  enforced: optional(flag, {
    default: false,
    kind: 'flag',
    label: 'People of these domains have to sign in here',
    section: 'identifiers',
    hint: 'The app refuses them a password. It needs a domain above.',
    risk: 'Risk: people who are not assigned to this app at the identity provider can’t sign in any more.',
  }),
  /** What a field becomes when its attribute isn't sent. Default: `keep`. */
  onAbsent: optional(onMissing, {
    default: 'keep',
    kind: 'select',
    label: 'When an attribute is not sent',
    section: 'absence',
    hint: 'Most keep what is stored.',
    risk: 'Risk of emptying: one attribute forgotten at the identity provider empties that field for everybody.',
    choices: [keep, clear],
  }),
  /** What a field becomes when its attribute is sent without a value. Default: `clear`. */
  onEmpty: optional(onMissing, {
    default: 'clear',
    kind: 'select',
    label: 'When an attribute is sent empty',
    section: 'absence',
    hint: 'Most empty the field too: the identity provider says that there is nothing.',
    choices: [clear, keep],
  }),
}

type Defaults = Omit<CompleteOptionsOf<typeof generalOptions>, 'id' | 'label' | 'protocol'>

/** The values of options that a source leaves out. */
export const generalDefaults = Object.fromEntries(
  Object.entries(generalOptions).flatMap(([name, row]) => ('default' in row ? [[name, row.default]] : [])),
) as unknown as Defaults
