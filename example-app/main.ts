/**
 * Starts the example: the app, its database, and Acme, a customer with a directory and two identity
 * providers. Nothing has to be set; what can be:
 *
 *   PORT            the app's port; 3000, or the next free one
 *   BASE_URL        where browsers find the app, if there is a proxy in front of it: https://app.example.com
 *   MONGODB_URI     a team's own database
 *   SSO_SOURCES     a JSON file with a team's own sources (SourceConfig[]); Acme is then not started
 *   ADMINS          e-mail addresses, separated by commas, of those who may edit sources; Acme's is Mara
 *   ENCRYPTION_KEY  32 bytes in base64, by which secrets of sources in the database are encrypted
 *   SESSION_SECRET  keeps sessions valid from one start to the next
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
    console.log(`  Add a source       ${appUrl}/admin/sso, signed in as Mara, with what Acme's providers`)
    console.log(`                     say at ${directory}/applications (SAML and OpenID Connect)`)
  }
  console.log('\n  Ctrl-C stops everything.\n')
}

/** Sources in code are read-only; those in the database are added and edited in the admin area. */
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
