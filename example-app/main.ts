/**
 * Starts the example: the app, its database, and Acme, a customer with a directory and two identity
 * providers. These environment variables are optional:
 *
 *   PORT            the app's port; default: 3000, or the next free one
 *   BASE_URL        the app's public address, if it is behind a proxy: https://app.example.com
 *   MONGODB_URI     your own database
 *   SSO_SOURCES     a JSON file with your own sources (SourceConfig[]); Acme then doesn't start
 *   ADMINS          emails of the people who may edit sources, separated by commas; default at Acme: Mara
 *   ENCRYPTION_KEY  32 bytes in base64 that encrypt the secrets of sources in the database
 *   SESSION_SECRET  keeps sessions valid across restarts
 */
import { randomBytes } from 'node:crypto'
import mongoose from 'mongoose'
import { createJit, type Jit, mongoSources, type SourceConfig } from '../src/index'
import { createApp } from './app'
import { keepLastSignIns } from './last-sign-in'
import { startDatabase } from './start/database'
import { startDemo } from './start/demo'
import { listen } from './start/listen'
import { originFrom, portFrom, readSources } from './start/settings'
import { Shutdown } from './start/shutdown'
import { User, type UserDocument } from './user'

const { PORT, BASE_URL, SSO_SOURCES, SESSION_SECRET, ADMINS, ENCRYPTION_KEY } = process.env
const DEMO_ADMIN = 'mara.lindqvist@acme.example'
const shutdown = new Shutdown()

async function start(): Promise<void> {
  const teamSources = SSO_SOURCES ? readSources(SSO_SOURCES) : undefined
  const { server, origin } = await listen(portFrom(PORT), 'the app')
  const appUrl = originFrom(BASE_URL) ?? origin

  const sessionStore = await startDatabase(shutdown)
  const acme = teamSources ? undefined : await startDemo(appUrl, shutdown)
  const jit = await startJit(appUrl, teamSources ?? [], acme?.sources ?? [])
  const sessionSecret = SESSION_SECRET ?? randomBytes(32).toString('base64url')
  const { directory } = acme ?? {}
  const admins = (ADMINS ?? (acme ? DEMO_ADMIN : '')).split(',')
  server.on('request', createApp({ jit, baseUrl: appUrl, sessionStore, sessionSecret, directory, admins }))
  shutdown.server(server)

  console.log(`\n  The app            ${appUrl}   <- open this`)
  if (directory) {
    console.log(`  Acme's directory   ${directory}   change people here, then sign in as them`)
    console.log(`  Add a source       sign in as Mara, open ${appUrl}/admin/sso, and enter the values`)
    console.log(`                     from ${directory}/applications (SAML or OpenID Connect)`)
  }
  console.log('\n  Ctrl-C stops everything.\n')
}

/** Sources in code are read-only. Admins add and edit the sources in the database. */
async function startJit(
  appUrl: string,
  inCode: SourceConfig[],
  inDatabase: SourceConfig[],
): Promise<Jit<UserDocument>> {
  const stored = mongoSources(mongoose.connection, { encryptionKey: ENCRYPTION_KEY ?? randomBytes(32) })
  for (const source of inDatabase) await stored.put(source)
  const jit = createJit({ userModel: User, baseUrl: `${appUrl}/sso`, sources: [...inCode, stored] })
  shutdown.add(() => jit.close())
  jit.on('error', (error) => console.error(error.message))
  keepLastSignIns(jit)
  await jit.ready()
  return jit
}

async function stop(exitCode: number): Promise<void> {
  await shutdown.run()
  process.exit(exitCode)
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => void stop(0))

start().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error)
  return stop(1)
})
