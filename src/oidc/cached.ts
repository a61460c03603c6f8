/** The fetches allowed in a burst, and the time until one more is allowed, in milliseconds. */
const MAX_FETCHES = 50
const RECOVERY_MS = 1000

/**
 * A value that is fetched when first needed, and again when it is too old. Concurrent callers share one fetch. A failure
 * is not cached: the next caller fetches again. The provider gets at most 50 fetches in a burst and one a second after
 * that; beyond this rate, callers get the result of the last fetch. Time is the process's monotonic clock.
 */
export class Cached<T> {
  #value: T | undefined
  #expiresAt = 0
  #pending: Promise<T> | undefined
  /** The result of the last fetch. */
  #last: Promise<T> | undefined
  #allowed = MAX_FETCHES
  #countedAt = 0

  /** `lifetime` in milliseconds. */
  constructor(
    private readonly fetch: () => Promise<T>,
    private readonly lifetime: number,
  ) {}

  async get(): Promise<T> {
    if (this.#value !== undefined && performance.now() < this.#expiresAt) return this.#value
    return this.#refresh()
  }

  /** A value newer than `unfit`, or undefined. */
  async renewed(unfit: T): Promise<T | undefined> {
    const value = await (this.#value === unfit ? this.#refresh() : this.get())
    return value === unfit ? undefined : value
  }

  #refresh(): Promise<T> {
    if (this.#pending) return this.#pending
    if (this.#last && !this.#mayFetch()) return this.#last
    this.#last = this.#pending = this.fetch()
      .then((value) => {
        this.#value = value
        this.#expiresAt = performance.now() + this.lifetime
        return value
      })
      .finally(() => (this.#pending = undefined))
    return this.#pending
  }

  #mayFetch(): boolean {
    const now = performance.now()
    this.#allowed = Math.min(MAX_FETCHES, this.#allowed + (now - this.#countedAt) / RECOVERY_MS)
    this.#countedAt = now
    if (this.#allowed < 1) return false
    this.#allowed -= 1
    return true
  }
}
