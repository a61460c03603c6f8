import type { Source } from '../sources/config'
import type { ReceivedAssertion } from './received-fields'

/** How long a task waits for the one before it, in milliseconds. */
const QUEUE_WAIT_MS = 5_000

/**
 * Runs the tasks of one key one after another, in the order of the calls; tasks of other keys run beside them. The
 * order only saves work, and correctness never depends on it, so a task that hangs delays the next only for a while.
 */
export class KeyedQueue {
  readonly #last = new Map<string, Promise<unknown>>()

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    const previous = this.#last.get(key)
    const current = previous ? settledOrLate(previous).then(task) : task()
    this.#last.set(key, current)
    try {
      return await current
    } finally {
      if (this.#last.get(key) === current) this.#last.delete(key)
    }
  }
}

function settledOrLate(task: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, QUEUE_WAIT_MS)
    const end = (): void => {
      clearTimeout(timer)
      resolve()
    }
    task.then(end, end)
  })
}

/** Sign-ins with the same key wait for each other. A transient subject is replaced by the login identifiers. */
export function personKey(source: Source, { issuer, subject, fields }: ReceivedAssertion): string {
  const identifier = (path: string): unknown => {
    const entry = fields.get(path)
    return entry?.state === 'value' ? entry.value : null
  }
  return JSON.stringify([source.id, issuer, subject ?? source.identifiers.map(identifier)])
}
