import type { Collection, Connection } from 'mongoose'
import { asciiDomain } from '../fields/normalize'
import { fromPrimary } from '../mongo/read-preference'
import type { Source, SourceConfig } from '../sources/config'
import type { Delegation } from '../sources/registry'

/** How long a claim may be older than the source that it is for, in milliseconds. */
const SAVING_MS = 60_000

/** How often to claim again what other saves change meanwhile. */
const MAX_ATTEMPTS = 5

/** `_id`: the domain. `organization`: empty for sources that belong to none. `sources`: ids of those that list it. */
interface Claim {
  _id: string
  organization: string
  sources: string[]
  claimedAt: Date
}

type Stored = { config: Pick<SourceConfig, 'organization' | 'domains'>; delegation?: Delegation }

interface StoredSources {
  readOne(id: string): Promise<Stored | undefined>
  read(ids: readonly string[]): Promise<Stored[]>
}

/**
 * Whose a domain is: one record for each domain of a stored source, in the collection `jitDomains`. The record's id
 * decides where sources of two organizations save the same domain at once.
 */
export class DomainClaims {
  constructor(
    private readonly connection: Connection,
    private readonly store: StoredSources,
  ) {}

  /**
   * Claims the domains of a source, saves the source with `save`, and releases what the stored source doesn't list.
   * Resolves to the result of `save`, or to the first claim of another organization; then nothing is saved.
   */
  async around(source: Source, save: () => Promise<boolean>): Promise<boolean | Claim> {
    const { id, organization = '', domains } = source
    try {
      for (const domain of domains) {
        const other = await this.#claim(domain, { id, organization })
        if (other) return other
      }
      return await save()
    } finally {
      await this.settle(id)
    }
  }

  /** Makes the claims of a source those of the stored source; none if it is gone. */
  async settle(id: string): Promise<void> {
    const record = await this.store.readOne(id)
    const listed = record ? domainsOf(record) : []
    const { organization = '' } = record?.config ?? {}
    const claims = await this.#collection().find({ sources: id }, fromPrimary).toArray()
    for (const { _id, organization: claimed } of claims) {
      if (!listed.includes(_id)) await this.#release(_id, id)
      else if (claimed !== organization) await this.#claim(_id, { id, organization })
    }
  }

  /** Resolves to the claim of another organization, if there is one. */
  async #claim(
    _id: string,
    { id, organization }: { id: string; organization: string },
  ): Promise<Claim | undefined> {
    const claimedAt = new Date()
    for (let attempt = 1; ; attempt++) {
      const alone = { _id, sources: [id] }
      const { matchedCount } = await this.#collection().updateOne(alone, {
        $set: { organization, claimedAt },
      })
      if (matchedCount === 1) return undefined
      const change = { $addToSet: { sources: id }, $set: { claimedAt } }
      try {
        await this.#collection().updateOne({ _id, organization }, change, { upsert: true })
        return undefined
      } catch (error) {
        if ((error as { code?: unknown }).code !== 11000) throw error
      }
      const other = await this.#collection().findOne({ _id }, fromPrimary)
      const isOver = attempt === MAX_ATTEMPTS || (other && other.organization !== organization)
      if (other && isOver && !(await this.#dropAbandoned(other))) return other
    }
  }

  /** Drops a claim that a save left behind when its process ended. */
  async #dropAbandoned({ _id, organization, sources, claimedAt }: Claim): Promise<boolean> {
    if (Date.now() - claimedAt.getTime() < SAVING_MS) return false
    const records = await this.store.read(sources)
    const isInUse = records.some(
      (record) => (record.config.organization ?? '') === organization && domainsOf(record).includes(_id),
    )
    if (isInUse) return false
    const { deletedCount } = await this.#collection().deleteOne({ _id, claimedAt })
    return deletedCount === 1
  }

  async #release(_id: string, id: string): Promise<void> {
    await this.#collection().updateOne({ _id }, { $pull: { sources: id } })
    await this.#collection().deleteOne({ _id, sources: [] })
  }

  #collection(): Collection<Claim> {
    return this.connection.collection<Claim>('jitDomains')
  }
}

/** The domains of a stored source that have an effect, in the form in which domains are compared. */
function domainsOf({ config, delegation }: Stored): string[] {
  const ascii = (domains: unknown): string[] =>
    Array.isArray(domains) ? domains.flatMap((domain) => asciiDomain(String(domain).trim()) ?? []) : []
  const unproven = ascii(delegation?.unproven)
  return ascii(config.domains).filter((domain) => !unproven.includes(domain))
}
