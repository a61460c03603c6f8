import type { UserModel } from '../fields/plugin'

/** How old a count may be, in milliseconds. */
const COUNT_MS = 60_000

interface Known {
  count: Promise<number>
  at: number
}

/**
 * How many users are linked to each source: counted for however many sources at once, and remembered for a minute;
 * but for none, which costs nothing to count, and is looked at again as soon as somebody has signed in.
 */
export class LinkedUsers {
  readonly #userModel: UserModel
  readonly #known = new Map<string, Known>()

  constructor(userModel: UserModel) {
    this.#userModel = userModel
  }

  /** By source id, at most a minute old. */
  async of(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counted = ids.filter((id) => !this.#isFresh(id))
    if (counted.length > 0) this.#remember(counted, this.#count(counted))
    return new Map(await Promise.all(ids.map(async (id) => [id, await this.#known.get(id)!.count] as const)))
  }

  /** As it is at this moment. */
  async now(id: string): Promise<number> {
    return (await this.#count([id])).get(id) ?? 0
  }

  forget(id: string): void {
    this.#known.delete(id)
  }

  #isFresh(id: string): boolean {
    const known = this.#known.get(id)
    return known !== undefined && Date.now() - known.at < COUNT_MS
  }

  /** A failure is forgotten, so that the next one to ask counts anew. */
  #remember(ids: readonly string[], counts: Promise<ReadonlyMap<string, number>>): void {
    const at = Date.now()
    for (const id of ids) this.#known.set(id, { count: counts.then((all) => all.get(id) ?? 0), at })
    counts.then(
      (all) => ids.filter((id) => !all.has(id)).forEach((id) => this.forget(id)),
      () => ids.forEach((id) => this.forget(id)),
    )
  }

  async #count(ids: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const ofThese = { $in: [...ids] }
    const counts = await this.#userModel
      .aggregate<{ _id: string; count: number }>([
        { $match: { 'identities.source': ofThese } },
        // Somebody with two identities at one source is one person.
        { $project: { source: { $setUnion: ['$identities.source', []] } } },
        { $unwind: '$source' },
        { $match: { source: ofThese } },
        { $group: { _id: '$source', count: { $sum: 1 } } },
      ])
      .exec()
    return new Map(counts.map(({ _id, count }) => [_id, count]))
  }
}
