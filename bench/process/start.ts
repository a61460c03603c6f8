import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import type { Answer, Commands, Question } from './serve'

/** A process of the bench, which can be asked what `C` names. */
export class BenchProcess<C extends Commands> {
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (answer: Answer) => void>()
  #questions = 0

  constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (answer: Answer) => this.#waiting.get(answer.id)?.(answer))
    child.on('exit', () => {
      for (const [id, settle] of this.#waiting) settle({ id, error: 'The process ended' })
    })
  }

  async ask<K extends keyof C & string>(
    command: K,
    ...args: Parameters<C[K]>
  ): Promise<Awaited<ReturnType<C[K]>>> {
    const id = ++this.#questions
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve))
    this.#child.send({ id, command, args } satisfies Question)
    const { value, error } = await answered
    this.#waiting.delete(id)
    if (error !== undefined) throw new Error(error)
    return value as Awaited<ReturnType<C[K]>>
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null) return
    const exit = once(this.#child, 'exit')
    // It ends by itself, and so can write what it was told to write at its end.
    this.#child.disconnect()
    await exit
  }
}

/** Starts a script of this folder in a process of its own, and waits until it serves. */
export async function startProcess<C extends Commands>(
  script: string,
  settings: object = {},
  env: NodeJS.ProcessEnv = {},
): Promise<BenchProcess<C>> {
  const file = path.join(__dirname, '..', script)
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', file, JSON.stringify(settings)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    env: { ...process.env, NODE_ENV: 'production', NODE_NO_WARNINGS: '1', ...env },
  })
  const ended = once(child, 'exit').then(() => Promise.reject(new Error(`${script} did not start`)))
  await Promise.race([once(child, 'message'), ended])
  ended.catch(() => undefined)
  return new BenchProcess<C>(child)
}
