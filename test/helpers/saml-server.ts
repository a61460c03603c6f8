import { webApp } from './web-app'

/**
 * An app in a process of its own: `node --import tsx saml-server.ts <settings as JSON>`. It prints its origin, and
 * answers each message with what it has used so far. See `startSamlServer`.
 */
interface Settings {
  uri: string
  sources: never[]
  options?: object
  /** Bytes that the app's own parser takes before the router sees a form. Default: the router reads them. */
  parseFirst?: number
}

async function main({ uri, sources, options, parseFirst }: Settings): Promise<void> {
  const { urlencoded } = await import('express')
  const before = parseFirst === undefined ? [] : [urlencoded({ extended: false, limit: parseFirst })]
  const mongo = { uri, close: () => Promise.resolve() }
  const app = await webApp({ sources: () => sources, before, mongo, options })
  process.on('message', () => {
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 })
  })
  process.on('disconnect', () => process.exit())
  console.log(`ORIGIN=${app.origin}`)
}

void main(JSON.parse(process.argv[2]!) as Settings)
