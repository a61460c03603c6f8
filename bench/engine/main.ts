import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import mongoose, { type Connection, Schema } from 'mongoose'
import type { Assertion, Jit, SourceConfig } from '../../src'
import { HandWritten } from '../app/hand-written'
import { createJit, jitUser, mongoSources } from '../app/package'
import { type BenchField, benchFields, jitFieldsOf, type Person, schemaOf } from '../people/fields'
import type { Visit } from '../people/mix'
import { claimsOf, subjectOf } from '../people/people'
import { serve, settings } from '../process/serve'
import { cpuUsed, heapUsed } from '../process/usage'
import { severalAtATime } from '../several'
import { latency, type Latency } from '../statistics'
import { type EngineSettings, ISSUER, realmOf } from './settings'

/** What a run of sign-ins came to. */
export interface Run {
  perSecond: number
  /** Milliseconds of this process's CPU per sign-in. */
  cpu: number
  latency: Latency
}

/** What the engine can be asked. */
export type EngineCommands = {
  /** Milliseconds that `ready()` took. */
  readyTook(): number
  heapUsed(): number
  /** Milliseconds of CPU per second over so many seconds in which nobody signs in. */
  idleCpu(seconds: number): Promise<number>
  /** Signs people in by `jit.login()`, so many at a time. Rejects where one comes to anything but what it should. */
  login(visits: Visit[], concurrency: number): Promise<Run>
  /** The same by the verify callback that most teams write, over a model of its own. */
  callback(visits: Visit[], concurrency: number): Promise<Run>
}

/** This library without HTTP, in a process of its own. */
async function main({ uri, fields: fieldCount, sources }: EngineSettings): Promise<void> {
  const connection = await mongoose.createConnection(uri).asPromise()
  const fields = benchFields(fieldCount)
  const handWritten = await HandWritten.over(connection, 'HandWrittenUser', fields)
  const jit = await jitOver(connection, fields, sources)
  const started = performance.now()
  await jit.ready()
  const took = performance.now() - started
  const realm = realmOf(sources.count)
  serve({
    readyTook: () => took,
    heapUsed,
    idleCpu: async (seconds) => {
      const before = cpuUsed()
      await wait(seconds * 1000)
      return (cpuUsed() - before) / seconds
    },
    login: (visits, concurrency) =>
      run(visits, concurrency, async ({ number, version, outcome }) => {
        const result = await jit.login(realm, assertionOf(fields, { realm, number }, version))
        if (result.outcome !== outcome)
          throw new Error(`Person ${number} should be ${outcome}, and is ${result.outcome}`)
      }),
    callback: (visits, concurrency) =>
      run(visits, concurrency, async ({ number, version }) => {
        await handWritten.signIn('oidc', assertionOf(fields, { realm, number }, version).attributes)
      }),
  } satisfies EngineCommands)
}

async function jitOver(
  connection: Connection,
  fields: BenchField[],
  { count, stored }: EngineSettings['sources'],
): Promise<Jit> {
  const schema = new Schema(schemaOf(fields))
  schema.plugin(jitUser, { fields: jitFieldsOf(fields) })
  const sources = Array.from({ length: count }, (_, i) => sourceOf(realmOf(i + 1)))
  const inDatabase = mongoSources(connection, { encryptionKey: randomBytes(32) })
  if (stored) for (const source of sources) await inDatabase.put(source)
  return createJit({
    userModel: connection.model('User', schema),
    baseUrl: 'https://app.corp.example/sso',
    sources: stored ? [inDatabase] : sources,
  })
}

function sourceOf(id: string): SourceConfig {
  const oidc = { issuer: ISSUER, clientID: id, clientSecret: `the secret of ${id}` }
  return { id, protocol: 'oidc', provisioning: true, syncing: true, domains: [`${id}.corp.example`], oidc }
}

function assertionOf(fields: BenchField[], person: Person, version: number): Assertion {
  const attributes = claimsOf(fields, 'oidc', person, version)
  return { issuer: ISSUER, subject: subjectOf(person), attributes, emailVerified: true }
}

async function run(
  visits: Visit[],
  concurrency: number,
  signIn: (visit: Visit) => Promise<void>,
): Promise<Run> {
  const waits: number[] = []
  const [begun, usedBefore] = [performance.now(), cpuUsed()]
  await severalAtATime(concurrency, visits, async (visit) => {
    const begun = performance.now()
    await signIn(visit)
    waits.push(performance.now() - begun)
  })
  const [seconds, used] = [(performance.now() - begun) / 1000, cpuUsed() - usedBefore]
  return { perSecond: visits.length / seconds, cpu: used / visits.length, latency: latency(waits) }
}

void main(settings<EngineSettings>())
