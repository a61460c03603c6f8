import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { command } from './command'

/** The repository. */
export const root = resolve(__dirname, '../../..')

const folder = join(root, '.reports', 'package')

/** The package, as `npm publish` would send it. */
export interface Tarball {
  path: string
  /** Its files, sorted. */
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

/** The part of `npm pack --json` that is used here. */
interface Packed {
  filename: string
  files: { path: string }[]
  unpackedSize: number
}
