import { asciiDomain } from '../fields/normalize'
import type { Source, SourceConfig } from './config'
import { generalDefaults } from './general-options'

/** Fills in every default of a valid configuration. The result is frozen. */
export function completeSource({ saml, oidc, ...general }: SourceConfig, baseUrl: string): Source {
  const address = `${baseUrl}/${general.id}`
  const callback = `${address}/callback`
  const set = withoutUndefined(general)
  return deepFreeze({
    label: general.id,
    ...generalDefaults,
    ...set,
    fields: { ...generalDefaults.fields, ...withoutUndefined(set.fields ?? {}) },
    // The values are the app's own objects, which are left alone.
    set: Object.freeze({ ...set.set }),
    domains: (set.domains ?? generalDefaults.domains).map((domain) => asciiDomain(domain)!),
    ...(saml && {
      saml: { issuer: `${address}/metadata`, callbackUrl: callback, ...withoutUndefined(saml) },
    }),
    ...(oidc && {
      oidc: { callbackURL: callback, ...withoutUndefined(oidc), scope: completeScope(oidc.scope) },
    }),
  } as Source)
}

/** `openid` makes it an OpenID Connect request (Core 3.1.2.1), so it is always there, first and once. */
function completeScope(scope: string | string[] = 'profile email'): string {
  const scopes = Array.isArray(scope) ? scope : scope.split(/\s+/)
  return [...new Set(['openid', ...scopes.filter((name) => name !== '')])].join(' ')
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function deepFreeze<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    const isObject = typeof member === 'object' && member !== null && !Buffer.isBuffer(member)
    if (isObject && !Object.isFrozen(member)) deepFreeze(member as object)
  }
  return Object.freeze(value)
}
