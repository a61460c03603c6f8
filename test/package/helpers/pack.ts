import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { command } from './command'

/** The repository. */
export const root = resolve(__dirname, '../../..')

const folder = join(root, '.reports', 'package')

/** What `npm publish` would send. */
export interface Tarball {
  path: string
  /** What is in it, sorted. */
  files: string[]
  unpackedBytes: number
}

/** Packs the package, once for all test files: Jest's globalSetup. */
export default async function pack(): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const { stdout } = await command(root, ['npm', 'pack', '--silent', '--json', '--pack-destination', folder])
  await writeFile(join(folder, 'pack.json'), stdout)
}

export function tarball(): Tarball {
  const [packed] = JSON.parse(readFileSync(join(folder, 'pack.json'), 'utf8')) as [Packed]
  return {
    path: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path).sort(),
    unpackedBytes: packed.unpackedSize,
  }
}

/** As much of what `npm pack --json` says as is read here. */
interface Packed {
  filename: string
  files: { path: string }[]
  unpackedSize: number
}
