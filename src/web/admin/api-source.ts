import type { Protocol, SourceConfig } from '../../sources/config'
import { generalDefaults } from '../../sources/general-options'
import { isObject } from '../../sources/merge-patch'
import { secretOptions } from '../../sources/option-places'
import type { AdminSource } from '../../stored-sources/admin-source'
import type { SourceStatus } from './source-status'

type Json = Record<string, unknown>

/** What the API tells of a source and nobody can set. Ignored when a client sends it back. */
const readOnly = [
  ...['origin', 'problems', 'warnings', 'linkedUsers', 'lastSignIn', 'certificates'],
  ...['loginIdentifiers', 'requiredFields', 'configuration', 'fieldMapping'],
  ...['delegated', 'unprovenDomains'],
]

/** A source as JSON: its SourceConfig without secrets, and its SourceDetails. */
export function apiSource(source: AdminSource): Json {
  const { id, origin, version, config, secrets, details, problems, delegation } = source
  const { saml, oidc, ...general } = config
  return {
    ...general,
    ...(details ?? withoutDetails(id, config)),
    ...(saml && { saml: { ...saml, ...secretFlags('saml', secrets) } }),
    ...(oidc && { oidc: { ...oidc, ...secretFlags('oidc', secrets) } }),
    ...(delegation && { delegated: true, unprovenDomains: delegation.unproven }),
    ...(version !== undefined && { version }),
    origin,
    problems,
  }
}

export function apiSourceStatus({ source, lastSignIn, ...status }: SourceStatus): Json {
  return { ...apiSource(source), ...status, lastSignIn: lastSignIn ?? null }
}

/** A broken source has the members of every other. */
function withoutDetails(id: string, { label, enabled, provisioning, syncing }: SourceConfig): Json {
  return {
    id,
    label: label ?? id,
    enabled: enabled ?? generalDefaults.enabled,
    provisioning: provisioning ?? generalDefaults.provisioning,
    syncing: syncing ?? generalDefaults.syncing,
    loginIdentifiers: [],
    requiredFields: [],
    configuration: [],
    fieldMapping: [],
  }
}

/** `hasClientSecret: true` and the like, in place of the secrets that are set. */
function secretFlags(protocol: Protocol, secrets: readonly string[]): Json {
  return Object.fromEntries(
    secrets
      .map((place) => place.split('.'))
      .filter(([within]) => within === protocol)
      .map(([, name = '']) => [`has${name.charAt(0).toUpperCase()}${name.slice(1)}`, true]),
  )
}

/** The options in what a client sends. Members that only the API sets are removed, so an answer can be sent back. */
export function sentOptions(body: Json): { options: Json; version: unknown } {
  const { version, ...rest } = body
  const options = without(rest, readOnly)
  for (const protocol of ['saml', 'oidc'] as const) {
    const sent = options[protocol]
    if (isObject(sent)) options[protocol] = without(sent, Object.keys(secretFlags(protocol, secretOptions)))
  }
  return { options, version }
}

function without(object: Json, names: readonly string[]): Json {
  return Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)))
}
