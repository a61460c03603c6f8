import type { UserModel } from '../fields/plugin'

/** The maximum age of a count, in milliseconds. */
const COUNT_MS = 60_000

/**
 * Counts the users that are linked to each source. One query counts for several sources. A count is remembered for a
 * minute, except zero: counting none costs nothing, and the first user should show at once.
 */
export class LinkedUsers {
  readonly #userModel: UserModel
  readonly #counts = new Map<string, { count: Promise<number>; at: number }>()

  constructor(userModel: UserModel) {
    this.#userModel = userModel
  }

  /** By source id, at most a minute old. */
  async of(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counted = ids.filter((id) => !this.#isFresh(id))
    if (counted.length > 0) this.#remember(counted, this.#count(counted))
    return new Map(await Promise.all(ids.map(async (id) => [id, await this.#counts.get(id)!.count] as const)))
  }

  async now(id: string): Promise<number> {
    return (await this.#count([id])).get(id) ?? 0
  }

  forget(id: string): void {
    this.#counts.delete(id)
  }

  #isFresh(id: string): boolean {
    const count = this.#counts.get(id)
    return count !== undefined && Date.now() - count.at < COUNT_MS
  }

  /** Forgets a failure, so that the next call counts again. */
  #remember(ids: readonly string[], counts: Promise<ReadonlyMap<string, number>>): void {
    const at = Date.now()
    for (const id of ids) this.#counts.set(id, { count: counts.then((all) => all.get(id) ?? 0), at })
    counts.then(
      (all) => ids.filter((id) => !all.has(id)).forEach((id) => this.forget(id)),
      () => ids.forEach((id) => this.forget(id)),
    )
  }

  async #count(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const source = { $in: [...ids] }
    const counts = await this.#userModel
      .aggregate<{ _id: string; count: number }>([
        { $match: { 'identities.source': source } },
        // A user with two identities at one source counts once.
        { $project: { source: { $setUnion: ['$identities.source', []] } } },
        { $unwind: '$source' },
        { $match: { source } },
        { $group: { _id: '$source', count: { $sum: 1 } } },
      ])
      .exec()
    return new Map(counts.map(({ _id, count }) => [_id, count]))
  }
}
