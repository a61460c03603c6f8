import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { command } from './command'
import { tarball } from './pack'

/** An app in a folder of its own, outside of the repository, with the packed package installed. */
export interface Consumer {
  folder: string
  /** Runs a command there; resolves to all that it wrote. */
  run(line: string[], env?: Record<string, string>): Promise<string>
  /** Throws the folder away. */
  close(): Promise<void>
}

export interface ConsumerSetup {
  /** Of its package.json. Default: none is said. */
  type?: 'commonjs' | 'module'
  /** Folders whose content is copied: from where, and to where in the consumer's. */
  files?: [from: string, to: string][]
  /** What is installed beside the package: versions by name. */
  dependencies: Record<string, string>
  /** Further arguments of `npm install`. */
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
