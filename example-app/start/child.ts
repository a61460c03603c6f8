import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ChildMessage } from '../idp/child'

export interface RunningChild<Ready> {
  ready: Ready
  stop: () => Promise<void>
}

/**
 * Starts a server of the example in a process of its own and waits until it listens. Its output is printed only if it
 * can't start, or ends by itself.
 */
export async function startChild<Options extends object, Ready>(
  file: string,
  options: Options,
): Promise<RunningChild<Ready>> {
  const child = fork(join(__dirname, '..', file), { execArgv: ['--import', 'tsx'], silent: true })
  const printed = collect(child)
  child.send(options)
  const ready = await firstAnswer<Ready>(child, file, printed)
  const died = (): void => console.error(`${file} ended by itself.\n${printed()}`)
  child.once('exit', died)
  return {
    ready,
    stop: async () => {
      child.off('exit', died)
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.disconnect()
      await exited
    },
  }
}

function firstAnswer<Ready>(child: ChildProcess, file: string, printed: () => string): Promise<Ready> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => reject(new Error(`${file} ended before it listened.\n${printed()}`)))
    child.on('message', (message: ChildMessage<Ready>) => {
      if ('say' in message) console.log(message.say)
      else if ('problem' in message) reject(new Error(`${file} could not start: ${message.problem}`))
      else {
        child.removeAllListeners('exit')
        resolve(message.ready)
      }
    })
  })
}

/** Collects the end of a child's output. */
function collect({ stdout, stderr }: ChildProcess): () => string {
  let text = ''
  for (const stream of [stdout, stderr]) {
    stream?.on('data', (chunk: Buffer) => (text = (text + chunk.toString()).slice(-4000)))
  }
  return () => text
}
