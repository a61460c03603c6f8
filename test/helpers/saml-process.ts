import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { SourceConfig } from '../../src'

/** The resources that a process has used since it started. */
export interface Usage {
  /** CPU time in milliseconds, including system time. */
  cpu: number
  /** Peak memory, in MiB. */
  peak: number
}

/** An app in its own process. */
export class SamlServer {
  readonly #child: ChildProcess

  constructor(
    child: ChildProcess,
    readonly origin: string,
  ) {
    this.#child = child
  }

  /** Collects garbage first if it is sent `collect`. */
  async usage(collect?: 'collect'): Promise<Usage> {
    const answer = once(this.#child, 'message')
    this.#child.send(collect ?? '')
    return ((await answer) as [Usage])[0]
  }

  async stop(): Promise<void> {
    const exit = once(this.#child, 'exit')
    this.#child.kill()
    await exit
  }
}

interface Settings {
  /** An existing database. */
  uri: string
  sources: SourceConfig[]
  /** More options of `createJit`, as JSON. */
  options?: object
  /** The body limit of the app's own parser, in bytes, before the router. Default: only the router parses. */
  parseFirst?: number
}

export async function startSamlServer(settings: Settings): Promise<SamlServer> {
  const script = path.join(__dirname, 'saml-server.ts')
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--no-flush-bytecode', '--import', 'tsx', script, JSON.stringify(settings)],
    {
      stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    },
  )
  for await (const line of createInterface(child.stdout as Readable)) {
    const origin = /^ORIGIN=(.*)$/.exec(line)?.[1]
    if (origin) return new SamlServer(child, origin)
  }
  throw new Error('The app did not start')
}
