import mongoose from 'mongoose'
import { benchFields, jitFieldsOf, schemaOf } from '../../bench/people/fields'
import { type Visit, visits } from '../../bench/people/mix'
import { claimsOf, store, subjectOf } from '../../bench/people/people'
import { mulberry32 } from '../../bench/people/random'
import { createJit, jitUser, type Jit } from '../../src'
import { testMongo } from '../helpers/mongo'

describe('the mix', () => {
  const counted = (all: Visit[]): Record<string, number> => {
    const counts: Record<string, number> = {}
    for (const { outcome } of all) counts[outcome] = (counts[outcome] ?? 0) + 1
    return counts
  }

  it.each([0, 1, 7])('has 95 unchanged, four changed and one new of any hundred, in pass %i', (pass) => {
    for (const from of [0, 100, 333]) {
      expect(counted(visits(pass, from, 100))).toEqual({ unchanged: 95, synced: 4, provisioned: 1 })
    }
  })

  it('has nobody twice in one pass, and nobody new who is stored already', () => {
    const numbers = [0, 1, 2].flatMap((pass) => visits(pass, 0, 1000).map(({ number }) => number))
    const newcomers = numbers.filter((number) => number >= 1000)
    expect([new Set(numbers).size, newcomers.length]).toEqual([1000 + 30, 30])
  })
})

it('gives random numbers that are the same each time, and evenly distributed', () => {
  const [random, again] = [mulberry32(1), mulberry32(1)]
  const numbers = Array.from({ length: 10_000 }, random)
  expect(numbers.slice(0, 100)).toEqual(Array.from({ length: 100 }, again))
  const tenths = Array.from({ length: 10 }, (_, i) => numbers.filter((n) => Math.floor(n * 10) === i).length)
  for (const tenth of tenths) expect(Math.abs(tenth - 1000)).toBeLessThan(120)
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

  it('are stored as this library would store them, so that who comes unchanged is unchanged', async () => {
    const lastLoginAt = new Date()
    const users = connection.collection('users')
    await store(users as never, { fields, realm: 'oidc', from: 0, count: 300, issuer, lastLoginAt })
    const outcomes: [string, string][] = []
    for (const pass of [0, 1]) {
      for (const { number, version, outcome } of visits(pass, 0, 100)) {
        const person = { realm: 'oidc', number }
        const attributes = claimsOf(fields, 'oidc', person, version)
        const assertion = { issuer, subject: subjectOf(person), attributes, emailVerified: true }
        const result = await jit.login('oidc', assertion)
        outcomes.push([result.outcome, outcome])
        expect(result.changes).toHaveLength({ unchanged: 0, synced: 2, provisioned: 30, linked: -1 }[outcome])
      }
    }
    expect(outcomes.map(([is]) => is)).toEqual(outcomes.map(([, shouldBe]) => shouldBe))
    expect(await users.countDocuments()).toBe(302)
  })
})
