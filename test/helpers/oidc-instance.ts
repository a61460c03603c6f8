/**
 * Another instance of an app, in its own process. Takes its settings as JSON and prints its origin when it listens.
 * `GET /usage` returns the resources used so far: CPU time in milliseconds, and peak memory in MB.
 */
import type { RequestHandler } from 'express'
import { idp } from './oidc-attack'
import { webApp } from './web-app'

interface Settings {
  /** The database. */
  uri: string
  issuer: string
  /** IDs of this issuer's sources. */
  sources: string[]
  /** The provider's redirect target, if it is not this instance. */
  callbackURL?: string
  /** Whether the database that stores active users is down. */
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
// The test that started this process has ended.
process.stdin.resume().on('end', () => process.exit())
