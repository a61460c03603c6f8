import { isDeepStrictEqual } from 'node:util'
import { asciiDomain } from '../fields/normalize'
import type { Source, SourceConfig } from '../sources/config'
import type { Delegation } from '../sources/registry'

/** A source as sign-ins use it: without the domains that nobody has proven. */
export function delegated(source: Source, delegation: Delegation | undefined): Source {
  if (!delegation) return source
  const unproven = delegation.unproven.map(asciiDomain)
  const domains = Object.freeze(source.domains.filter((domain) => !unproven.includes(domain)))
  return Object.freeze({ ...source, domains, delegated: true })
}

interface Edit {
  before?: SourceConfig
  delegation?: Delegation
  after: SourceConfig
  /** Whether the admin is one of an organization. */
  isFenced: boolean
}

/**
 * The delegation of a source after an edit; undefined if it is still the team's own. The domains that an admin of an
 * organization adds are unproven. Their change of the connection delegates a source too: whom it lets in would be their
 * word.
 */
export function delegationAfter({ before, delegation, after, isFenced }: Edit): Delegation | undefined {
  const isChanged = (['saml', 'oidc', 'domains'] as const).some(
    (option) => !isDeepStrictEqual(canonical(before?.[option]), canonical(after[option])),
  )
  if (!delegation && !(isFenced && (!before || isChanged))) return undefined
  const listed = before?.domains?.map(asciiDomain) ?? []
  const unproven = delegation?.unproven.map(asciiDomain) ?? []
  return {
    unproven: (after.domains ?? []).filter((domain) => {
      const ascii = asciiDomain(domain)
      return unproven.includes(ascii) || (isFenced && !listed.includes(ascii))
    }),
  }
}

/** Equal for what a form and the JSON API write differently: a list of one, an option that is off or empty. */
function canonical(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\r\n', '\n').trim()
  if (Array.isArray(value)) return value.length > 1 ? value.map(canonical) : canonical(value[0])
  if (typeof value !== 'object' || value === null) return value || undefined
  const members = Object.entries(value).map(([name, member]) => [name, canonical(member)] as const)
  return Object.fromEntries(members.filter(([, member]) => member !== undefined))
}
