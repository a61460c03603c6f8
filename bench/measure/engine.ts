import { randomBytes } from 'node:crypto'
import mongoose, { type Connection } from 'mongoose'
import type { Assertion, JitOptions, SourceConfig } from '../../src/index'
import type { BenchDatabase } from '../database'
import { type BenchField, benchFields } from '../people/fields'
import type { Visit } from '../people/mix'
import { claimsOf, store, subjectOf } from '../people/people'
import { sourceBase } from '../providers/provider'
import { cpuUsed, DAY } from '../settings'
import { handWritten } from '../subjects/hand-written'
import { mongoSources, openJit } from '../subjects/jit'
import { type Run, runBatch } from './batch'

/** Sign-ins without HTTP and without a protocol, in the process of the bench. */
export interface Engine {
  /** Signs people in with `jit.login()`. */
  login: (visits: Visit[], atATime?: number) => Promise<Run>
  /** Signs people in with the hand-written callback, over a model of its own. */
  handWritten: (visits: Visit[], atATime?: number) => Promise<Run>
}

interface Setup {
  /** How many people are stored. They last signed in yesterday. */
  people: number
  fields: number
  /** How many sources are in the database, beside the one in code. */
  storedSources?: number
}

const ISSUER = 'https://idp.corp.example'
const SOURCE_ID = 'engine'

/** Runs `use` with an engine over a fresh database. */
export function withEngine<T>(
  database: BenchDatabase,
  { people: count, fields: fieldCount, storedSources = 0 }: Setup,
  use: (engine: Engine) => Promise<T>,
): Promise<T> {
  return database.withFresh(async (db, uri) => {
    const fields = benchFields(fieldCount)
    const crowd = { fields, sourceId: SOURCE_ID, issuer: ISSUER, count }
    // Storing is faster without indexes, which the engine makes when it starts.
    await store(db.collection('users'), { ...crowd, lastLoginAt: new Date(Date.now() - DAY) })
    const connection = await mongoose.createConnection(uri).asPromise()
    const signIn = await handWritten(connection, 'HandWrittenUser', fields)
    const jit = openJit(connection, fields, { sources: await sourcesIn(connection, storedSources) })
    try {
      await jit.ready()
      return await use({
        login: (visits, atATime) =>
          run(visits, atATime, async (visit) => {
            const { outcome } = await jit.login(SOURCE_ID, assertionOf(fields, visit))
            if (outcome !== visit.outcome)
              throw new Error(`Person ${visit.number}: expected ${visit.outcome}, got ${outcome}`)
          }),
        handWritten: (visits, atATime) =>
          run(visits, atATime, (visit) => signIn('oidc', assertionOf(fields, visit).attributes)),
      })
    } finally {
      await jit.close()
      await connection.close()
    }
  })
}

async function sourcesIn(connection: Connection, storedSources: number): Promise<JitOptions['sources']> {
  const stored = mongoSources(connection, { encryptionKey: randomBytes(32) })
  for (let i = 0; i < storedSources; i++) await stored.put(sourceOf(`source-${i}`))
  return storedSources > 0 ? [sourceOf(SOURCE_ID), stored] : [sourceOf(SOURCE_ID)]
}

function sourceOf(id: string): SourceConfig {
  const oidc = { issuer: ISSUER, clientID: id, clientSecret: `the secret of ${id}` }
  return { ...sourceBase(id), protocol: 'oidc', oidc }
}

function assertionOf(fields: BenchField[], { number, version }: Visit): Assertion {
  const profile = { sourceId: SOURCE_ID, number, version }
  const attributes = claimsOf(fields, 'oidc', profile)
  return { issuer: ISSUER, subject: subjectOf(profile), attributes, emailVerified: true }
}

function run(visits: Visit[], atATime = 1, work: (visit: Visit) => Promise<unknown>): Promise<Run> {
  const signIn = async (visit: Visit): Promise<number> => {
    const started = performance.now()
    await work(visit)
    return performance.now() - started
  }
  return runBatch({ visits, atATime, cpuUsed, signIn })
}
