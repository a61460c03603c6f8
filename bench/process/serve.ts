/** What a process of the bench can be asked. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- each has parameters of its own
export type Commands = Record<string, (...args: any[]) => unknown>

export interface Question {
  id: number
  command: string
  args: unknown[]
}

export interface Answer {
  id: number
  value?: unknown
  error?: string
}

/** Answers what the bench asks this process over IPC, until the bench is gone. */
export function serve(commands: Commands): void {
  process.on('message', ({ id, command, args }: Question) => {
    const work = Promise.resolve().then(() => commands[command]!(...args))
    work.then(
      (value) => process.send?.({ id, value } satisfies Answer),
      (error: Error) => process.send?.({ id, error: error.stack ?? String(error) } satisfies Answer),
    )
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

/** The settings that `startProcess` was given. */
export function settings<T>(): T {
  return JSON.parse(process.argv[2] ?? '{}') as T
}
