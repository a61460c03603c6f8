/**
 * One more instance of an app, in a process of its own. Takes its settings as JSON and prints its origin when it
 * listens. `GET /usage` tells what it has used so far: CPU time in milliseconds, and the most memory in MB.
 */
import type { RequestHandler } from 'express'
import { idp } from './oidc-attack'
import { webApp } from './web-app'

interface Settings {
  /** The database. */
  uri: string
  issuer: string
  /** Ids of the sources of that issuer. */
  sources: string[]
  /** Where the provider sends people, when not to this instance. */
  callbackURL?: string
  /** Whether the app cannot tell who is active, since its database is away. */
  failing?: boolean
}

const { uri, issuer, sources, failing, ...oidc } = JSON.parse(process.argv[2]!) as Settings
const isActive = (): Promise<boolean> => Promise.reject(new Error('the database is away'))

const usage: RequestHandler = (req, res, next) => {
  if (req.path !== '/usage') return next()
  const { user, system } = process.cpuUsage()
  res.json({ cpu: (user + system) / 1000, memory: process.resourceUsage().maxRSS / 1024 })
}

void webApp({
  mongo: { uri, close: () => Promise.resolve() },
  sources: () => sources.map((id) => idp(issuer, { id }, oidc)),
  before: [usage],
  ...(failing && { options: { isActive } }),
}).then(({ origin }) => console.log(`ORIGIN=${origin}`))
// The test that started this process is gone.
process.stdin.resume().on('end', () => process.exit())
