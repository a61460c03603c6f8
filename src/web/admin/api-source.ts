import type { AdminSource } from '../../stored-sources/admin-source'
import type { SourceConfig } from '../../sources/config'
import type { StandingSource } from './source-status'

type Json = Record<string, unknown>

/** Where a secret is set, this stands in its place. */
const secretFlags = {
  'saml.privateKey': 'hasPrivateKey',
  'saml.decryptionPvk': 'hasDecryptionPvk',
  'oidc.clientSecret': 'hasClientSecret',
} as const

/** What this API tells of a source and nobody can set: left out of what is sent back. */
const readOnly = [
  'origin',
  'problems',
  'warnings',
  'linkedUsers',
  'lastSignIn',
  'certificates',
  'loginIdentifiers',
  'requiredFields',
  'configuration',
  'fieldMapping',
]

/** A source as JSON: its SourceConfig without secrets, its SourceDetails, and how it stands. */
export function apiSource({ id, origin, version, config, secrets, details, problems }: AdminSource): Json {
  const { saml, oidc, ...general } = config
  return {
    ...general,
    ...(details ?? withoutDetails(id, config)),
    ...(saml && { saml: withFlags(saml, 'saml', secrets) }),
    ...(oidc && { oidc: withFlags(oidc, 'oidc', secrets) }),
    ...(version !== undefined && { version }),
    origin,
    problems,
  }
}

/** The same, and how it stands. */
export function apiStandingSource({ source, lastSignIn, ...standing }: StandingSource): Json {
  return { ...apiSource(source), ...standing, lastSignIn: lastSignIn ?? null }
}

/** A broken source has the members of every other. */
function withoutDetails(id: string, { label, enabled = true, provisioning, syncing }: SourceConfig): Json {
  return {
    id,
    label: label ?? id,
    enabled,
    provisioning: provisioning ?? false,
    syncing: syncing ?? false,
    loginIdentifiers: [],
    requiredFields: [],
    configuration: [],
    fieldMapping: [],
  }
}

function withFlags(options: object, protocol: 'saml' | 'oidc', secrets: AdminSource['secrets']): Json {
  const flags = secrets
    .filter((secret) => secret.startsWith(`${protocol}.`))
    .map((secret) => [secretFlags[secret], true] as const)
  return { ...options, ...Object.fromEntries(flags) }
}

/** What a client sends without what only this API tells, so that an answer can be edited and sent back. */
export function sentOptions(body: Json): { options: Json; version: unknown } {
  const { version, ...rest } = body
  const options = without(rest, readOnly)
  for (const protocol of ['saml', 'oidc']) {
    const given = options[protocol]
    if (isObject(given)) options[protocol] = without(given, Object.values(secretFlags))
  }
  return { options, version }
}

function without(object: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
