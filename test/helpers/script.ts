import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

/** A script in this directory that runs in its own process. */
export interface RunningScript {
  /** Its output after the first `NAME=`. */
  printed: string
  /** Resolves to its exit code, or to the signal that ended it. */
  exit: Promise<unknown>
  stop(): Promise<void>
}

/** Starts a script with settings as JSON, and waits until it prints `NAME=value`. It ends with this process. */
export async function startScript(file: string, settings: object): Promise<RunningScript> {
  const script = path.join(__dirname, file)
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
  const exit = once(child, 'exit').then(([code, signal]) => (code ?? signal) as unknown)
  const stop = async (): Promise<void> => {
    child.kill()
    await exit
    child.stdout.destroy()
  }
  for await (const line of createInterface(child.stdout)) {
    const printed = /^[A-Z]+=(.*)$/.exec(line)?.[1]
    if (printed) return { printed, exit, stop }
  }
  throw new Error(`${file} did not start`)
}
