import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './command'
import { tarball } from './pack'

/** An app in a directory outside the repository, with the packed package installed. */
export interface Consumer {
  folder: string
  /** Runs a command there, and resolves to its output. */
  run(line: string[], env?: Record<string, string>): Promise<string>
  /** Deletes the directory. */
  close(): Promise<void>
}

export interface ConsumerSetup {
  /** The `type` in its package.json. Default: none. */
  type?: 'commonjs' | 'module'
  /** Directories to copy: from a path, to a path in the consumer. */
  files?: [from: string, to: string][]
  /** The packages to install with it: versions by name. */
  dependencies: Record<string, string>
  /** More arguments of `npm install`. */
  install?: string[]
}

export async function makeConsumer(setup: ConsumerSetup): Promise<Consumer> {
  const { type, files = [], dependencies, install = [] } = setup
  const folder = await mkdtemp(join(tmpdir(), 'passport-jit-consumer-'))
  const run: Consumer['run'] = async (line, env) => {
    const { stdout, stderr } = await command(folder, line, env)
    return stdout + stderr
  }
  for (const [from, to] of files) await cp(from, join(folder, to), { recursive: true })
  const manifest = {
    ...{ name: 'consumer', private: true, type },
    dependencies: { ...dependencies, 'passport-jit': `file:${tarball().path}` },
  }
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifest, undefined, 2))
  const close = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    await run(['npm', 'install', '--prefer-offline', '--no-audit', '--no-fund', ...install])
  } catch (error) {
    await close()
    throw error
  }
  return { folder, run, close }
}
