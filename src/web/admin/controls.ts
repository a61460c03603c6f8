import type { Field } from '../../fields/catalog'
import type { Protocol } from '../../sources/config'
import { optionsByPlace } from '../../sources/option-places'
import type { Control, Option } from '../../sources/option-table'

/** An option that the form asks for. Its control is named after its place in SourceConfig. */
export type FormOption = Option & Control

/** The options that the form of a protocol asks for, by the control's name. */
export function formOptions(protocol: Protocol): ReadonlyMap<string, FormOption> {
  return new Map(
    [...optionsByPlace(protocol)].filter(
      (entry): entry is [string, FormOption] => entry[1].kind !== undefined,
    ),
  )
}

/** Where metadata is given to fill in other options. Never stored. */
export const metadataControls: Readonly<Record<'saml.metadataUrl' | 'saml.metadata', Control>> = {
  'saml.metadataUrl': {
    kind: 'url',
    label: 'Metadata URL of the identity provider',
    hint: 'An https address. We read it once, and don’t read it again later.',
  },
  'saml.metadata': {
    kind: 'area',
    label: 'Metadata XML',
    hint: 'Paste the whole document.',
    placeholder: '<EntityDescriptor …>',
  },
}

/** Controls of several inputs, and the inputs within them. */
const fieldLabels = {
  identifiers: 'Login identifiers',
  'fields.provision': 'Fields to fill when an account is created',
  'fields.sync': 'Fields to keep in sync',
  provision: 'Fields chosen for provisioning',
  sync: 'Fields chosen for syncing',
}

/** The name of the control that sets the position of a login identifier. */
export function identifierControl(path: string): string {
  return `identifier.${path}`
}

export function identifierFields(fields: readonly Field[]): Field[] {
  return fields.filter(({ identifier }) => identifier)
}

const labels = new Map<string, string>([
  ...Object.entries(fieldLabels),
  ...[...formOptions('saml'), ...formOptions('oidc'), ...Object.entries(metadataControls)].map(
    ([name, { label }]): [string, string] => [name, label],
  ),
])

/** The label of a control; of an option without one, its place. */
export function controlLabel(name: string, fields: readonly Field[] = []): string {
  const field = fields.find(({ path }) => name === identifierControl(path))
  return field ? `Login identifier: ${field.label}` : (labels.get(name) ?? name)
}

/** The name of the control beside which an option's problem is shown; undefined if it has none. */
export function controlOf(option: string, protocol: Protocol): string | undefined {
  const names = [
    ...formOptions(protocol).keys(),
    ...['identifiers', 'fields.provision', 'fields.sync'],
    ...(protocol === 'saml' ? Object.keys(metadataControls) : []),
  ]
  return names
    .filter((name) => option === name || option.startsWith(`${name}.`))
    .sort((a, b) => b.length - a.length)[0]
}
