import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { SourceConfig } from '../../src'

/** What a process has used since it began. */
export interface Usage {
  /** Milliseconds of CPU, its system's included. */
  cpu: number
  /** The most memory that it ever had, in MiB. */
  peak: number
}

/** An app in a process of its own. */
export class SamlServer {
  readonly #child: ChildProcess

  constructor(
    child: ChildProcess,
    readonly origin: string,
  ) {
    this.#child = child
  }

  /** Told to `collect`, it collects its garbage first. */
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
  /** The database, which is there already. */
  uri: string
  sources: SourceConfig[]
  /** What else `createJit` is given, as far as JSON can say it. */
  options?: object
  /** Bytes that the app's own parser takes before the router sees a form. Default: the router reads them. */
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
