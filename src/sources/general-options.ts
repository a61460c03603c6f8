import { z } from 'zod'
import type { CompleteOptionsOf } from './option-table'
import { domain, flag, optional, required, selection, text } from './options'

const onMissing = z.enum(['keep', 'clear'])
const keep = { value: 'keep', label: 'Keep the stored value' }
const clear = { value: 'clear', label: 'Clear the field' }
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
    hint: 'Shown on the sign-in page. Use the name of the company or its provider.',
  }),
  /** URL-safe and permanent: it is part of every address and of every stored identity. */
  id: required(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}$/i, idRule), {
    permanent: true,
    team: true,
    kind: 'name',
    label: 'Source ID',
    section: 'name',
    hint: 'Letters, digits, - and _. It’s part of the addresses below, and can’t be changed later.',
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
    hint: 'When off, no one can sign in, but settings are kept.',
  }),
  /** Paths of the enabled login identifiers, in the order in which they are shown. Default: `['email']`. */
  identifiers: optional(identifiers, { default: ['email'] }),
  /** Whether a first sign-in creates a user. Default: false. */
  provisioning: optional(flag, {
    default: false,
    kind: 'flag',
    label: 'Enable JIT provisioning',
    section: 'provisioning',
    hint: 'Creates an account at a person’s first sign-in, from the attributes that the identity provider sends. When off, people without an account are refused. Existing accounts aren’t affected.',
  }),
  /** Whether every sign-in updates the user. Default: false. */
  syncing: optional(flag, {
    default: false,
    kind: 'flag',
    label: 'Enable JIT syncing',
    section: 'syncing',
    hint: 'Every sign-in updates the fields from the identity provider.',
    risk: 'Risk: syncing overwrites manual changes to the synced fields.',
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
        label: 'Connect them by verified email',
        hint: 'Only if the email’s domain is listed below or the provider has verified the email. Most teams choose this.',
      },
      {
        value: 'trusted',
        label: 'Connect them by any login identifier',
        hint: 'For your own company’s identity provider.',
        risk: 'Risk: the provider’s administrators can open any account here by sending that person’s email or number.',
      },
      {
        value: 'never',
        label: 'Never connect them',
        hint: 'This source can’t open existing accounts. Sign-ins that match one are refused.',
      },
    ],
  }),
  /** The email domains that this source may assert. Default: any. */
  domains: optional(z.array(domain), {
    default: [],
    kind: 'lines',
    label: 'Email domains',
    section: 'identifiers',
    hint: 'One per line. Emails in other domains are refused.',
    risk: 'Risk: if empty, this source can sign in any email. List your domains if several companies use this app.',
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
    hint: 'Most teams keep the stored value.',
    risk: 'Risk of clearing: if the identity provider stops sending an attribute, its field is cleared for all users.',
    choices: [keep, clear],
  }),
  /** What a field becomes when its attribute is sent without a value. Default: `clear`. */
  onEmpty: optional(onMissing, {
    default: 'clear',
    kind: 'select',
    label: 'When an attribute is sent empty',
    section: 'absence',
    hint: 'Most teams clear the field: the identity provider says it has no value.',
    choices: [clear, keep],
  }),
}

type Defaults = Omit<CompleteOptionsOf<typeof generalOptions>, 'id' | 'label' | 'protocol'>

/** The values of options that a source leaves out. */
export const generalDefaults = Object.fromEntries(
  Object.entries(generalOptions).flatMap(([name, row]) => ('default' in row ? [[name, row.default]] : [])),
) as unknown as Defaults
