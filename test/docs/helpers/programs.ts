import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { freePort } from 'dev-mongo'
import { filesOf, root } from './pages'

/** A directory with a page's files, where its programs can run. */
export interface Walk {
  folder: string
  /** The actual address for this port of the page. */
  at(port: number): string
  /** Starts a program that runs until `stop`. Resolves when it has printed `ready`. */
  start(file: string, ready: string, env?: Record<string, string>, args?: string[]): Promise<RunningProgram>
  /** Runs a program to its end, and resolves to its output. */
  run(file: string, env?: Record<string, string>): Promise<string>
  /** Stops running programs and deletes the directory. */
  close(): Promise<void>
}

export interface RunningProgram {
  /** Its output so far. */
  text(): string
  stop(): Promise<void>
}

/**
 * Writes the files of pages to a new directory inside the repository, where they find its packages. The package itself
 * is the source. Free ports replace those of the page, so nothing else is disturbed.
 */
export async function walk(pages: string[], ports: number[]): Promise<Walk> {
  mkdirSync(join(root, '.reports/docs'), { recursive: true })
  const folder = mkdtempSync(join(root, '.reports/docs/walk-'))
  const free = new Map<number, number>()
  for (const port of ports) free.set(port, await freePort())
  for (const [file, code] of pages.flatMap((page) => [...filesOf(page)])) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    writeFileSync(join(folder, file), elsewhere(code, free))
  }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(tsconfig))
  const running = new Set<ChildProcess>()
  const spawned = (file: string, env: Record<string, string>, args: string[] = []): Spawned => {
    const child = spawnProgram(folder, [file, ...args], env)
    running.add(child.process)
    child.process.once('exit', () => running.delete(child.process))
    return child
  }
  return {
    folder,
    at: (port) => `http://localhost:${free.get(port)}`,
    async start(file, ready, env = {}, args = []) {
      const child = spawned(file, env, args)
      await child.printed(ready)
      return { text: () => child.text(), stop: () => end(child.process) }
    },
    async run(file, env = {}) {
      const child = spawned(file, env)
      const [code] = (await once(child.process, 'exit')) as [number | null]
      if (code !== 0) throw new Error(`${file} ended with code ${code}\n${child.text()}`)
      return child.text()
    },
    async close() {
      await Promise.all([...running].map(end))
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Lets tsx resolve the package's name to its source. */
const tsconfig = {
  compilerOptions: {
    allowJs: true,
    module: 'nodenext',
    paths: { 'passport-jit': [join(root, 'src/index.ts')] },
  },
}

function elsewhere(code: string, free: ReadonlyMap<number, number>): string {
  return [...free].reduce(
    (text, [port, other]) => text.replaceAll(RegExp(`\\b${port}\\b`, 'g'), String(other)),
    code,
  )
}

interface Spawned {
  process: ChildProcess
  text(): string
  /** Resolves when this has been printed. Rejects if the program ends before. */
  printed(what: string): Promise<void>
}

function spawnProgram(folder: string, args: string[], env: Record<string, string>): Spawned {
  const { NODE_ENV: _env, JEST_WORKER_ID: _worker, ...outer } = process.env
  const child = spawn(process.execPath, ['--import', 'tsx', ...args], {
    cwd: folder,
    env: { ...outer, TSX_TSCONFIG_PATH: join(folder, 'tsconfig.json'), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (text += String(data)))
  return {
    process: child,
    text: () => text,
    printed: (what) =>
      new Promise((resolve, reject) => {
        const look = (): void => (text.includes(what) ? resolve() : undefined)
        child.stdout.on('data', look)
        child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with code ${code}\n${text}`)))
        look()
      }),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
