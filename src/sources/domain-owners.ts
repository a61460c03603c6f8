import type { Source } from './config'

/** Problems with domains that sources of different organizations list, as `ready()` tells them. */
export function sharedDomains(sources: readonly Source[]): string[] {
  const owners = new Map<string, Source>()
  return sources.flatMap((source) =>
    source.domains.flatMap((domain) => {
      const owner = owners.get(domain) ?? source
      owners.set(domain, owner)
      if (owner.organization === source.organization) return []
      return `source '${source.id}': domains: ${domainTaken(domain, owner.id)}`
    }),
  )
}

/** The first of these sources that lists a domain of this source and belongs to another organization. */
export function domainOwner(
  source: Source,
  others: readonly Source[],
): { domain: string; owner: string } | undefined {
  for (const { id, organization, domains } of others) {
    if (id === source.id || organization === source.organization) continue
    const domain = domains.find((one) => source.domains.includes(one))
    if (domain !== undefined) return { domain, owner: id }
  }
  return undefined
}

export function domainTaken(domain: string, owner: string): string {
  const rule = 'a domain belongs to sources of one organization, or to those of none'
  return `${domain} belongs to source '${owner}' of another organization; ${rule}`
}
