import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import mongoose, { type Connection, Schema } from 'mongoose'
import { createJit, type Jit, type JitError, jitUser, mongoSources, type SourceConfig } from '../../src'
import { internalsOf } from '../helpers/internals'
import { until } from '../helpers/cluster'
import { ann, companyFields, companySchema, source } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { MongoProxy } from '../helpers/mongo-proxy'

/** An app whose background work reaches the database through a proxy. */
let mongo: TestMongo
let proxy: MongoProxy
let connection: Connection
let jit: Jit
let sources: ReturnType<typeof mongoSources>
let errors: JitError[]

beforeEach(async () => {
  mongo = await testMongo()
  proxy = await MongoProxy.before(mongo)
  const bounds = { serverSelectionTimeoutMS: 300, socketTimeoutMS: 300, bufferCommands: false }
  connection = await mongoose.createConnection(proxy.uri, bounds).asPromise()
  const User = connection.model('User', new Schema(companySchema).plugin(jitUser, { fields: companyFields }))
  sources = mongoSources(connection, { encryptionKey: randomBytes(32) })
  jit = createJit({
    ...{ userModel: User, baseUrl: 'https://app.example/sso', sources: [source(), sources], activity: {} },
  })
  errors = []
  jit.on('error', (error) => void errors.push(error as JitError))
})
afterEach(async () => {
  await proxy.heal()
  await jit.close()
  await connection.close()
  await proxy.close()
  await mongo.close()
})

/** Mongoose may notice the lost connection only now. */
async function reconnected(): Promise<void> {
  const answers = (): Promise<unknown> => connection.collection('things').findOne()
  await answers().catch(answers)
}

const entered = (label: string): SourceConfig => source({ id: 'acme', label })
const labels = (): string[] => jit.sources().map(({ label }) => label)
const outcomeOf = (login: Promise<{ outcome: string }>): Promise<string> =>
  login.then(
    ({ outcome }) => outcome,
    ({ code }: JitError) => code,
  )
const breaks: [string, () => Promise<void> | void][] = [
  ['away', () => proxy.goAway()],
  ['silent', () => proxy.breakAt('hang')],
]

describe('background work', () => {
  it.each(breaks)(
    'reports once that the database is %s, loses nothing, and resumes when it is back',
    async (_, breakDatabase) => {
      await jit.ready()
      await sources.put(entered('Acme'))
      await until(() => labels().includes('Acme'))
      expect(await outcomeOf(jit.login('okta', ann()))).toBe('provisioned')
      await breakDatabase()
      await until(() => errors.length >= 2, 10_000)
      await wait(2_500)
      // It polls for changed sources every two seconds, and writes activity with a long pause after a failure.
      expect(errors.map(({ code }) => code)).toEqual(['database_unavailable', 'database_unavailable'])
      expect(labels()).toContain('Acme')
      expect(await outcomeOf(jit.login('okta', ann()))).toBe('database_unavailable')
      expect(errors).toHaveLength(3)

      await proxy.heal()
      await until(() => {
        void sources.put(entered('Acme again')).catch(() => undefined)
        return labels().includes('Acme again')
      }, 10_000)
      expect(await outcomeOf(jit.login('okta', ann({ title: 'CTO' })))).toBe('synced')
      const entries = await internalsOf(jit).activity!.recent('okta', 10)
      expect(entries.map(({ outcome }) => outcome)).toEqual(['synced', 'failed', 'provisioned'])
      expect(errors).toHaveLength(3)
    },
  )

  it('keeps at most a thousand sign-ins and refusals while the database is down', async () => {
    await jit.ready()
    await proxy.goAway()
    const activity = internalsOf(jit).activity!
    const entry = { source: 'okta', changes: [], notices: [], at: new Date() }
    const refusal = { code: 'user_inactive', message: 'This user is not active.', reference: 'x' } as const
    for (let i = 0; i < 5_000; i++) activity.record({ ...entry, outcome: 'refused', refusal })
    for (let i = 0; i < 5_000; i++) activity.record({ ...entry, outcome: 'unchanged' })
    await activity.flush()
    await proxy.heal()
    await reconnected()
    const kept = await activity.recent('okta', 10_000)
    const refused = kept.filter(({ outcome }) => outcome === 'refused').length
    expect([kept.length, refused]).toEqual([1_000, 200])
  })

  it('creates its indexes when the database is back, if it was down at startup', async () => {
    await proxy.goAway()
    const refused = await jit.ready().then(
      () => undefined,
      ({ details }: JitError) => details.problems,
    )
    expect(refused).toEqual([
      expect.stringContaining('sources: those in the database could not be read'),
      expect.stringContaining('indexes: could not be read'),
      expect.stringContaining('sign-in requests: the indexes could not be created'),
      expect.stringContaining('signed-in sessions: the indexes could not be created'),
    ])
    await proxy.heal()
    await reconnected()
    await jit.ready()
    const indexes = await connection.collection('jitRequests').indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }))
    expect(await outcomeOf(jit.login('okta', ann()))).toBe('provisioned')
  })
})
