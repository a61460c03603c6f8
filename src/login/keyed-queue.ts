/** How long a task waits for the one before it, in milliseconds. */
const PATIENCE = 5_000

/**
 * Runs tasks of one key one after the other, in the order in which they came; other keys are not held up. A task
 * that hangs holds up the others for a while only: this order spares them work, and keeps nothing right that would
 * not be right without it.
 */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key)
    const mine = before ? endOrLate(before).then(task) : task()
    this.#last.set(key, mine)
    try {
      return await mine
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key)
    }
  }
}

function endOrLate(task: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, PATIENCE)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    task.then(end, end)
  })
}
