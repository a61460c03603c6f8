import { webApp } from './web-app'

/**
 * An app in its own process: `node --expose-gc --import tsx saml-server.ts <settings as JSON>`. It prints its origin.
 * It answers its parent's messages with the resources used so far; `collect` makes it collect garbage first. See
 * `startSamlServer`.
 */
interface Settings {
  uri: string
  sources: never[]
  options?: object
  /** The body limit of the app's own parser, in bytes, before the router. Default: only the router parses. */
  parseFirst?: number
}

async function main({ uri, sources, options, parseFirst }: Settings): Promise<void> {
  const { urlencoded } = await import('express')
  const before = parseFirst === undefined ? [] : [urlencoded({ extended: false, limit: parseFirst })]
  const mongo = { uri, close: () => Promise.resolve() }
  const app = await webApp({ sources: () => sources, before, mongo, options })
  process.on('message', (message) => {
    // Garbage of earlier requests does not count for the next one.
    if (message === 'collect') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 })
  })
  process.on('disconnect', () => process.exit())
  console.log(`ORIGIN=${app.origin}`)
}

void main(JSON.parse(process.argv[2]!) as Settings)
