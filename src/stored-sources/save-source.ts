import type { Source, SourceConfig } from '../sources/config'
import { domainOwner, domainTaken } from '../sources/domain-owners'
import type { SourceRegistry } from '../sources/registry'
import { EditRefusal } from './admin-source'
import { invalid } from './demand-valid'
import type { DomainClaims } from './domain-claims'
import type { Fence } from './fence'
import type { LinkedUsers } from './linked-users'

interface Owners {
  domains: DomainClaims
  /** Of all sources, whoever edits. */
  registry: SourceRegistry
  /** Set for an admin of one organization, who isn't told whose a domain is. */
  fence?: Fence
}

/**
 * Saves a source, given as sign-ins will use it. Throws EditRefusal `invalid` where one of its domains belongs to another
 * organization.
 */
export async function saveSource(
  source: Source,
  save: () => Promise<boolean>,
  { domains, registry, fence }: Owners,
): Promise<boolean> {
  const taken = (domain: string, owner: string): EditRefusal => {
    const message = fence ? `${domain} belongs to another organization` : domainTaken(domain, owner)
    return invalid([{ option: 'domains', message }])
  }
  const other = domainOwner(source, registry.all())
  if (other) throw taken(other.domain, other.owner)
  const saved = await domains.around(source, save)
  if (typeof saved === 'boolean') return saved
  throw taken(saved._id, saved.sources.join(', '))
}

/** Throws EditRefusal `linked_users` where people are linked, and the organization is not the first one. */
export async function demandOrganization(
  { organization: before }: SourceConfig,
  { id, organization }: Source,
  { registry, linkedUsers }: { registry: Pick<SourceRegistry, 'find'>; linkedUsers: LinkedUsers },
): Promise<void> {
  if (before === undefined || before === organization) return
  if (registry.find(id)?.organization === organization) return
  const count = await linkedUsers.now(id)
  if (count === 0) return
  const message = `The organization can’t be changed: ${count} users are linked to this source.`
  throw new EditRefusal('linked_users', message, { linkedUsers: count })
}
