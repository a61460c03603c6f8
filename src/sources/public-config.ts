import type { OidcOptions, SamlOptions, SourceConfig } from './config'
import { mergePatch, pick } from './merge-patch'
import { protocolOptions, secretOptions, type SecretOption } from './option-places'
import { holdsSecret } from './secret-text'

export type Secrets = ReadonlyMap<SecretOption, string>

/** Takes the secrets out of a copy of a configuration. */
export function separateSecrets(config: unknown): { config: SourceConfig; secrets: Secrets } {
  const rest = asJson(config)
  const secrets = new Map<SecretOption, string>()
  for (const option of secretOptions) {
    const [protocol, name] = place(option)
    const options = rest[protocol] as Record<string, unknown> | null | undefined
    if (typeof options !== 'object' || options?.[name] === undefined) continue
    secrets.set(option, options[name] as string)
    delete options[name]
  }
  return { config: rest as unknown as SourceConfig, secrets }
}

/** Puts the secrets back that `separateSecrets` took out. */
export function joinSecrets(config: unknown, secrets: Secrets): unknown {
  return [...secrets].reduce<unknown>((joined, [option, secret]) => {
    const [protocol, name] = place(option)
    return mergePatch(joined, { [protocol]: { [name]: secret } })
  }, config)
}

/**
 * A configuration as an admin may see it: without secrets, also those in the wrong option, and without protocol
 * options that do not exist, since their name may be a misspelled secret's.
 */
export function publicConfig(config: unknown): SourceConfig {
  const shown = (_key: string, value: unknown): unknown => (holdsSecret(value) ? undefined : value)
  const json = JSON.stringify(separateSecrets(config).config, shown)
  const { saml, oidc, ...rest } = JSON.parse(json) as SourceConfig
  return {
    ...rest,
    ...(saml && { saml: pick(saml, Object.keys(protocolOptions.saml) as (keyof SamlOptions)[]) }),
    ...(oidc && { oidc: pick(oidc, Object.keys(protocolOptions.oidc) as (keyof OidcOptions)[]) }),
  }
}

/** A copy as JSON carries it, with nothing inherited and nothing undefined: the checked value is the stored one. */
export function asJson(value: unknown): Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null
  return isObject ? (JSON.parse(JSON.stringify(value)) as Record<string, unknown>) : {}
}

function place(option: SecretOption): ['saml' | 'oidc', string] {
  return option.split('.') as ['saml' | 'oidc', string]
}
