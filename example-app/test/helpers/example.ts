import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface RunningExample {
  /** The app's address. */
  app: string
  /** The directory's address. */
  directory: string
  /** The output so far. */
  printed: () => string
  /** Sends Ctrl-C like a terminal, to every process of the group. Resolves when the example has ended. */
  interrupt: () => Promise<void>
}

const ROOT = join(__dirname, '../../..')

/** Starts the example with `npm run example` and a database of its own. */
export async function startExample(): Promise<RunningExample> {
  const { child, printed } = run({})
  await until(() => printed().includes('Ctrl-C') || child.exitCode !== null)
  const address = (of: string): string =>
    new RegExp(`${of} +(http://\\S+)`).exec(printed())?.[1] ?? fail(printed())
  return {
    app: address('The app'),
    directory: address("Acme's directory"),
    printed,
    interrupt: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'close')
      process.kill(-Number(child.pid), 'SIGINT')
      await ended
    },
  }
}

/** Starts an example that can't start, and resolves to its exit code and output. */
export async function failToStart(env: NodeJS.ProcessEnv): Promise<{ code: number | null; printed: string }> {
  const { child, printed } = run(env)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, printed: printed() }
}

function run(env: NodeJS.ProcessEnv) {
  const {
    MONGODB_URI: _database,
    SSO_SOURCES: _sources,
    PORT: _port,
    BASE_URL: _url,
    ...inherited
  } = process.env
  const options = { cwd: ROOT, env: { ...inherited, ...env }, detached: true }
  const child = spawn('npm', ['run', '--silent', 'example'], options)
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
  }
  return { child, printed: () => text }
}

/** Polls until the condition is true. */
export async function until(condition: () => boolean | Promise<boolean>, ms = 30_000): Promise<void> {
  const end = Date.now() + ms
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('It took too long')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

function fail(printed: string): never {
  throw new Error(`The example did not start:\n${printed}`)
}
