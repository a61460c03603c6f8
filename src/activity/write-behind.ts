/** How long an item waits for others, and how long to wait after a failure. */
const INTERVAL_MS = 1_000
const FAILURE_PAUSE_MS = 30_000

/**
 * Collects items and writes them in batches, in the background: at most one batch a second, one at a time.
 * A batch that fails is written again with the next one. Items beyond the limit are dropped.
 */
export class WriteBehind<T> {
  #waiting: T[] = []
  #timer: NodeJS.Timeout | undefined
  #writing: Promise<void> = Promise.resolve()

  /** `write` stores a batch; after a failure it gets the same items again. `limit`: the most items that may wait. */
  constructor(
    private readonly write: (batch: readonly T[]) => Promise<void>,
    private readonly onError: (error: unknown) => void,
    private readonly limit: number,
  ) {}

  get size(): number {
    return this.#waiting.length
  }

  /** Adds an item, unless too many wait. Never throws and never waits. */
  push(item: T): void {
    if (this.#waiting.length >= this.limit) return
    this.#waiting.push(item)
    this.#schedule(INTERVAL_MS)
  }

  /** Writes the waiting items, after the current batch. Resolves even if that fails. */
  flush(): Promise<void> {
    this.#stopTimer()
    this.#writing = this.#writing.then(() => this.#writeBatch())
    return this.#writing
  }

  /** Writes the waiting items once, and stops. */
  async close(): Promise<void> {
    await this.flush()
    this.#stopTimer()
  }

  async #writeBatch(): Promise<void> {
    const batch = this.#waiting
    if (batch.length === 0) return
    this.#waiting = []
    try {
      await this.write(batch)
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting].slice(0, this.limit)
      this.#stopTimer()
      this.#schedule(FAILURE_PAUSE_MS)
      this.onError(error)
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
