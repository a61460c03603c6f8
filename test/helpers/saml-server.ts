import { webApp } from './web-app'

/**
 * An app in a process of its own: `node --expose-gc --import tsx saml-server.ts <settings as JSON>`. It prints its
 * origin. A message from its parent makes it collect its garbage and say what it has used so far. See
 * `startSamlServer`.
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
    const before = cpuTime()
    // What earlier requests left behind is not the next one's.
    globalThis.gc?.()
    process.send?.({ before, after: cpuTime(), peak: process.resourceUsage().maxRSS / 1024 })
  })
  process.on('disconnect', () => process.exit())
  console.log(`ORIGIN=${app.origin}`)
}

function cpuTime(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

void main(JSON.parse(process.argv[2]!) as Settings)
