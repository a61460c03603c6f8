/**
 * A value that is fetched when it is first asked for and again when it is too old. Whoever asks meanwhile
 * shares that one fetch; a failure is not kept. Age is told by the process's own clock, which nobody sets back.
 */
export class Cached<T> {
  readonly #fetch: () => Promise<T>
  readonly #lifetime: number
  readonly #cooldown: number
  #value: T | undefined
  #expiresAt = 0
  #coolUntil = 0
  #pending: Promise<T> | undefined

  /** `lifetime` and `cooldown` (of `renewed`) in milliseconds. */
  constructor(fetch: () => Promise<T>, lifetime: number, cooldown: number) {
    this.#fetch = fetch
    this.#lifetime = lifetime
    this.#cooldown = cooldown
  }

  async get(): Promise<T> {
    if (this.#value !== undefined && performance.now() < this.#expiresAt) return this.#value
    return this.#refresh()
  }

  /**
   * A newer value than the one that did not serve; undefined when there is none, since it was fetched anew a
   * moment ago: what does not serve may be junk, and the provider is not asked for each piece of it.
   */
  async renewed(unfit: T): Promise<T | undefined> {
    if (this.#pending) return this.#pending
    if (this.#value !== unfit) return this.get()
    if (performance.now() < this.#coolUntil) return undefined
    this.#coolUntil = performance.now() + this.#cooldown
    return this.#refresh()
  }

  #refresh(): Promise<T> {
    this.#pending ??= this.#fetch()
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
}
