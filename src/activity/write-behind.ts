/** How long an item may wait for others, in milliseconds. */
const INTERVAL = 1_000
/** How long to wait after a failure, in milliseconds. */
const PAUSE = 30_000

/**
 * Collects items and hands them over in batches, in the background: at most one batch a second, one at a time.
 * A batch that fails comes again with the next one. What does not fit into memory's bound is dropped.
 */
export class WriteBehind<T> {
  readonly #write: (batch: readonly T[]) => Promise<void>
  readonly #onError: (error: unknown) => void
  readonly #limit: number
  #waiting: T[] = []
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  /** `write` stores a batch; it may see an item again after it has failed. `limit` bounds what waits. */
  constructor(
    write: (batch: readonly T[]) => Promise<void>,
    onError: (error: unknown) => void,
    limit: number,
  ) {
    this.#write = write
    this.#onError = onError
    this.#limit = limit
  }

  /** How many items wait. */
  get size(): number {
    return this.#waiting.length
  }

  /** Takes an item, unless too many wait; never throws and never waits. */
  push(item: T): void {
    if (this.#waiting.length >= this.#limit) return
    this.#waiting.push(item)
    this.#schedule(INTERVAL)
  }

  /** Hands over what waits, after what is being written. Resolves even where that fails. */
  flush(): Promise<void> {
    this.#stopTimer()
    this.#writing = this.#writing.then(() => this.#writeBatch())
    return this.#writing
  }

  /** Hands over what waits, once, and stops. */
  async close(): Promise<void> {
    await this.flush()
    this.#stopTimer()
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await this.#write(batch)
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting].slice(0, this.#limit)
      this.#stopTimer()
      this.#schedule(PAUSE)
      this.#onError(error)
    }
  }

  #schedule(delay: number): void {
    this.#timer ??= setTimeout(() => void this.flush(), delay).unref()
  }

  #stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }
}
