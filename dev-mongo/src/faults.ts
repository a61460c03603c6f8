/** A fault that a test asks for. */
export interface Misbehavior {
  /** The command it affects; default any. */
  command?: string
  /** Which of these commands it affects, counted from 1; default each. */
  nth?: number
  /** Breaks the connection: `before` (or true) the command runs, or `after` it has run, without a reply. */
  drop?: boolean | 'before' | 'after'
  /** Delays the command. */
  delayMs?: number
}

/** The faults that tests have asked for. */
export class Faults {
  readonly #faults = new Set<{ misbehavior: Misbehavior; seen: number }>()

  /** Adds a fault. The returned function removes it. */
  add(misbehavior: Misbehavior): () => void {
    const fault = { misbehavior, seen: 0 }
    this.#faults.add(fault)
    return () => void this.#faults.delete(fault)
  }

  clear(): void {
    this.#faults.clear()
  }

  /** The fault that affects this command, if any. */
  next(command: string): { drop?: 'before' | 'after'; delayMs?: number } | undefined {
    for (const fault of this.#faults) {
      const { command: name, nth, drop, delayMs } = fault.misbehavior
      if (name !== undefined && name !== command) continue
      fault.seen++
      if (nth !== undefined && nth !== fault.seen) continue
      return { drop: drop === true ? 'before' : drop || undefined, delayMs }
    }
    return undefined
  }
}
