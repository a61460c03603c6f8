import mongoose from 'mongoose'
import { benchFields, jitFieldsOf, schemaOf } from '../../bench/people/fields'
import { type Visit, visits } from '../../bench/people/mix'
import { claimsOf, store, subjectOf } from '../../bench/people/people'
import { createJit, jitUser, type Jit } from '../../src'
import { testMongo } from '../helpers/mongo'

describe('the mix of sign-ins', () => {
  const counted = (all: Visit[]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const { outcome } of all) counts[outcome] = (counts[outcome] ?? 0) + 1
    return counts
  }

  it('has 95 unchanged, four changed and one new person in every hundred', () => {
    for (const from of [0, 100, 333]) {
      expect(counted(visits(from, 100))).toEqual({ unchanged: 95, synced: 4, provisioned: 1 })
    }
  })

  it('repeats no person, and creates no new person with a stored number', () => {
    const numbers = visits(0, 1000).map(({ number }) => number)
    const newcomers = numbers.filter((number) => number >= 1000)
    expect([new Set(numbers).size, newcomers.length]).toEqual([1000, 10])
  })
})

describe('people', () => {
  const fields = benchFields(30)
  const issuer = 'https://idp.corp.example'
  let mongo: Awaited<ReturnType<typeof testMongo>>
  let connection: mongoose.Connection
  let jit: Jit

  beforeAll(async () => {
    mongo = await testMongo()
    connection = await mongoose.createConnection(mongo.uri).asPromise()
    const schema = new mongoose.Schema(schemaOf(fields)).plugin(jitUser, { fields: jitFieldsOf(fields) })
    jit = createJit({
      userModel: connection.model('User', schema),
      baseUrl: 'https://app.corp.example/sso',
      sources: [
        {
          ...{ id: 'oidc', protocol: 'oidc', provisioning: true, syncing: true },
          oidc: { issuer, clientID: 'bench', clientSecret: 'hush-hush' },
        },
      ],
    })
    await jit.ready()
  })
  afterAll(async () => {
    await jit.close()
    await connection.close()
    await mongo.close()
  })

  it('are stored as this library stores them, so an unchanged person stays unchanged', async () => {
    const lastLoginAt = new Date()
    const users = connection.collection('users')
    await store(users as never, { fields, sourceId: 'oidc', count: 300, issuer, lastLoginAt })
    const outcomes: [string, string][] = []
    for (const { number, version, outcome } of visits(0, 100)) {
      const profile = { sourceId: 'oidc', number, version }
      const attributes = claimsOf(fields, 'oidc', profile)
      const assertion = { issuer, subject: subjectOf(profile), attributes, emailVerified: true }
      const result = await jit.login('oidc', assertion)
      outcomes.push([result.outcome, outcome])
      expect(result.changes).toHaveLength({ unchanged: 0, synced: 2, provisioned: 30, linked: -1 }[outcome])
    }
    expect(outcomes.map(([is]) => is)).toEqual(outcomes.map(([, shouldBe]) => shouldBe))
    expect(await users.countDocuments()).toBe(301)
  })
})
