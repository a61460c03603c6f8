import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const manifest = readFileSync(join(__dirname, '../../package.json'), 'utf8')
const { version } = JSON.parse(manifest) as { version: string }

/** What every request calls this library (RFC 9110 10.1.5). Some providers refuse requests without it. */
export const userAgent = `passport-jit/${version}`
