/** How the server is to misbehave. */
export interface Misbehaviour {
  /** Only at commands of this name; default any. */
  command?: string
  /** Only at the nth of them, counted from 1; default at each. */
  nth?: number
  /** Break the connection: `before` (or true) the command runs, or `after` it has, without an answer. */
  drop?: boolean | 'before' | 'after'
  /** Let the command wait before it runs. */
  delayMs?: number
}

/** The faults that tests have asked for. */
export class Faults {
  readonly #wanted = new Set<{ how: Misbehaviour; seen: number }>()

  /** Returns what takes the fault back. */
  add(how: Misbehaviour): () => void {
    const fault = { how, seen: 0 }
    this.#wanted.add(fault)
    return () => void this.#wanted.delete(fault)
  }

  clear(): void {
    this.#wanted.clear()
  }

  /** What is to go wrong at this command, if anything. */
  next(command: string): { drop?: 'before' | 'after'; delayMs?: number } | undefined {
    for (const fault of this.#wanted) {
      const { how } = fault
      if (how.command !== undefined && how.command !== command) continue
      fault.seen++
      if (how.nth !== undefined && how.nth !== fault.seen) continue
      return { drop: how.drop === true ? 'before' : how.drop || undefined, delayMs: how.delayMs }
    }
    return undefined
  }
}
