import type { Source, SourceConfig } from '../sources/config'
import { domainOwner, domainTaken } from '../sources/domain-owners'
import { pick } from '../sources/merge-patch'
import type { Delegation } from '../sources/registry'
import { EditRefusal } from './admin-source'
import { delegated, delegationAfter } from './delegation'
import { demandValid, type Edit, invalid } from './demand-valid'
import type { Database, Scope, Setup } from './editor-scope'

/** What saving uses. */
interface Editing {
  setup: Setup
  scope: Scope
  store: Database['store']
}

interface Change extends Edit {
  /** The stored record that it replaces, which `before` is of; undefined for a new source. */
  stored?: { delegation?: Delegation }
}

/** Writes a source, with its organization in the form in which organizations are compared. */
export type Write = (config: SourceConfig, delegation: Delegation | undefined) => Promise<boolean>

/**
 * Checks a change, and saves it with `write`. Resolves to the result of `write`. Throws EditRefusal `invalid` or
 * `linked_users`.
 */
export async function saveChange(
  { stored, ...edit }: Change,
  write: Write,
  editing: Editing,
): Promise<boolean> {
  const { fence } = editing.scope
  const { config } = edit
  const source = await demandValid(edit, { validate: editing.setup.validate, fence })
  const before = stored && edit.before
  if (before) await demandOrganization(before, source, editing)
  const { delegation: earlier } = stored ?? {}
  const delegation = delegationAfter({
    before,
    delegation: earlier,
    after: config,
    isFenced: fence !== undefined,
  })
  const save = (): Promise<boolean> => write({ ...config, ...pick(source, ['organization']) }, delegation)
  return saveWithDomains(delegated(source, delegation), save, editing)
}

/**
 * Saves a source, given as sign-ins will use it. Throws EditRefusal `invalid` where one of its domains belongs to another
 * organization, whose name an admin of one organization isn't told.
 */
export async function saveWithDomains(
  source: Source,
  save: () => Promise<boolean>,
  { setup: { registry }, scope: { fence }, store: { domains } }: Editing,
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
async function demandOrganization(
  { organization: before }: SourceConfig,
  { id, organization }: Source,
  { scope: { registry, linkedUsers } }: Editing,
): Promise<void> {
  if (before === undefined || before === organization) return
  if (registry.find(id)?.organization === organization) return
  const count = await linkedUsers.now(id)
  if (count === 0) return
  const message = `The organization can’t be changed: ${count} users are linked to this source.`
  throw new EditRefusal('linked_users', message, { linkedUsers: count })
}
