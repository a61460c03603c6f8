import { readFileSync } from 'node:fs'
import type { SourceConfig } from '../../src/index'

/**
 * Reads sources from a JSON file with a list of SourceConfig. `createJit` and `jit.ready()` check the sources.
 */
export function readSources(path: string): SourceConfig[] {
  const sources = parse(path, read(path))
  if (!Array.isArray(sources))
    throw new Error(`SSO_SOURCES: ${path} must hold a JSON list: [ { "id": ..., ... } ]`)
  return sources as SourceConfig[]
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Error(`SSO_SOURCES: ${path} can't be read (${(error as NodeJS.ErrnoException).code})`, {
      cause: error,
    })
  }
}

/** Leaves out the parser's message, which quotes the text and could reveal a secret. */
function parse(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Error(`SSO_SOURCES: ${path} is not JSON`)
  }
}

/** The port in PORT. Default: 3000. */
export function portFrom(value: string | undefined): number {
  if (value === undefined || value === '') return 3000
  const port = Number(value)
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port
  throw new Error('PORT must be a whole number from 0 to 65535')
}

/** The origin in BASE_URL. The app is at its root. */
export function originFrom(value: string | undefined): string | undefined {
  if (value === undefined || value === '') return undefined
  const url = URL.canParse(value) ? new URL(value) : undefined
  if (url && ['http:', 'https:'].includes(url.protocol) && url.pathname === '/') return url.origin
  throw new Error('BASE_URL must be the http(s) address of the app, without a path: https://app.example.com')
}
