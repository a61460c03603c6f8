import type { Protocol } from './config'
import { generalOptions } from './general-options'
import { oidcOptions } from './oidc-options'
import type { Option, OptionTable, Secret } from './option-table'
import { samlOptions } from './saml-options'

export const protocolOptions: Readonly<Record<Protocol, OptionTable>> = {
  saml: samlOptions,
  oidc: oidcOptions,
}

/** The options of a protocol's sources by place in SourceConfig: `label`, `saml.entryPoint`. */
export function optionsByPlace(protocol: Protocol): ReadonlyMap<string, Option> {
  return new Map([...Object.entries<Option>(generalOptions), ...placedOptions(protocol)])
}

function placedOptions(protocol: Protocol): [place: string, option: Option][] {
  return Object.entries(protocolOptions[protocol]).map(([name, option]) => [`${protocol}.${name}`, option])
}

type SecretsOf<Place extends Protocol, Table> = {
  [Name in keyof Table & string]: Table[Name] extends Secret ? `${Place}.${Name}` : never
}[keyof Table & string]

/** The place of a secret in SourceConfig. */
export type SecretOption = SecretsOf<'saml', typeof samlOptions> | SecretsOf<'oidc', typeof oidcOptions>

/** Every such place. Secrets are encrypted at rest, and no page or JSON ever shows them. */
export const secretOptions = [...placedOptions('saml'), ...placedOptions('oidc')]
  .filter(([, { secret }]) => secret)
  .map(([place]) => place as SecretOption)
