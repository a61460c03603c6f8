import { webApp } from './web-app'

/**
 * An app in a process of its own: `node --expose-gc --import tsx saml-server.ts <settings as JSON>`. It prints its
 * origin. To messages of its parent it says what it has used so far; `collect` makes it collect its garbage first.
 * See `startSamlServer`.
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
  process.on('message', (message) => {
    // What earlier requests left behind is not the next one's.
    if (message === 'collect') globalThis.gc?.()
    const { user, system } = process.cpuUsage()
    process.send?.({ cpu: (user + system) / 1000, peak: process.resourceUsage().maxRSS / 1024 })
  })
  process.on('disconnect', () => process.exit())
  console.log(`ORIGIN=${app.origin}`)
}

void main(JSON.parse(process.argv[2]!) as Settings)
