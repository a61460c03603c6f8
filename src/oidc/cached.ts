/** How many fetches may follow each other at once, and how long until one more is allowed, in milliseconds. */
const MAX_FETCHES = 50
const RECOVERY = 1000

/**
 * A value that is fetched when it is first asked for and again when it is too old. Whoever asks meanwhile shares
 * that one fetch. A failure is not kept: the next one who asks tries again. But whatever is asked for, and however
 * often, the provider gets no more than 50 fetches at once and one a second in the long run: beyond that, what the
 * last fetch came to is the answer. Time is told by the process's own clock, which nobody sets back.
 */
export class Cached<T> {
  readonly #fetch: () => Promise<T>
  readonly #lifetime: number
  #value: T | undefined
  #expiresAt = 0
  #pending: Promise<T> | undefined
  /** What the last fetch came to. */
  #last: Promise<T> | undefined
  #allowed = MAX_FETCHES
  #countedAt = 0

  /** `lifetime` in milliseconds. */
  constructor(fetch: () => Promise<T>, lifetime: number) {
    this.#fetch = fetch
    this.#lifetime = lifetime
  }

  async get(): Promise<T> {
    if (this.#value !== undefined && performance.now() < this.#expiresAt) return this.#value
    return this.#refresh()
  }

  /** A newer value than the one that did not serve; undefined when there is none. */
  async renewed(unfit: T): Promise<T | undefined> {
    const value = await (this.#value === unfit ? this.#refresh() : this.get())
    return value === unfit ? undefined : value
  }

  #refresh(): Promise<T> {
    if (this.#pending) return this.#pending
    if (this.#last && !this.#mayFetch()) return this.#last
    this.#last = this.#pending = this.#fetch()
      .then((value) => {
        this.#value = value
        this.#expiresAt = performance.now() + this.#lifetime
        return value
      })
      .finally(() => {
        this.#pending = undefined
      })
    return this.#pending
  }

  #mayFetch(): boolean {
    const now = performance.now()
    this.#allowed = Math.min(MAX_FETCHES, this.#allowed + (now - this.#countedAt) / RECOVERY)
    this.#countedAt = now
    if (this.#allowed < 1) return false
    this.#allowed -= 1
    return true
  }
}
