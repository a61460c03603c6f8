import { randomBytes, randomUUID } from 'node:crypto'
import type { Request } from 'express'
import { calculateObjectSize } from 'bson'
import mongoose, { type Connection } from 'mongoose'
import { Activity } from '../../src/activity/activity'
import { SignedInSessions } from '../../src/sessions/signed-in-sessions'
import { type NewSignIn, PendingSignIns } from '../../src/sessions/pending-sign-ins'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { textOf } from './helpers/pages'

const page = 'docs/scale.md'

const units: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, s: 1, ms: 1e-3, '/s': 1 }

/** `2,083 /s`, `77.3 GB`, `0.1` */
function quantity(text: string): number {
  const [, number, unit] = /^([\d,]+(?:\.\d+)?)(?: ([A-Za-z/]+))?$/.exec(text.trim()) ?? []
  if (number === undefined || (unit !== undefined && !(unit in units)))
    throw new Error(`Not a quantity: “${text}”`)
  return Number(number.replaceAll(',', '')) * (unit === undefined ? 1 : units[unit]!)
}

/** Calculates products and quotients from left to right. */
function term(text: string): number {
  const [first = '', ...rest] = text.split(/ (?=[×÷] )/)
  return rest.reduce(
    (value, part) =>
      part.startsWith('×') ? value * quantity(part.slice(2)) : value / quantity(part.slice(2)),
    quantity(first),
  )
}

const sum = (text: string): number => text.split(' + ').reduce((total, part) => total + term(part), 0)

/** The equations in the page's inline code. */
const equations = [...textOf(page).matchAll(/`([^`\n]* = [^`\n]*)`/g)]
  .map(([, text]) => text!)
  .filter((text) => /[×÷+]/.test(text))

it('calculates correctly to three digits', () => {
  expect(equations.length).toBeGreaterThan(35)
  const wrong = equations.filter((equation) => {
    const [left = '', right = ''] = equation.split(' = ')
    const [actual, stated] = [sum(left), quantity(right)]
    return Math.abs(actual - stated) > stated * 0.005
  })
  expect(wrong).toEqual([])
})

describe('the sizes in the assumptions', () => {
  let mongo: TestMongo
  let connection: Connection
  beforeAll(async () => {
    mongo = await testMongo()
    connection = await mongoose.createConnection(mongo.uri).asPromise()
  })
  afterAll(async () => {
    await connection?.close()
    await mongo?.close()
  })

  const text = textOf(page)
  const issuer = `https://login.microsoftonline.com/${randomUUID()}/v2.0`
  const subject = 'x'.repeat(43)
  const source = 'acme-entra'
  const browser = { headers: {} } as Request
  const random = (bytes: number): string => randomBytes(bytes).toString('base64url')
  const sizeIn = async (collection: string): Promise<number> =>
    calculateObjectSize((await connection.collection(collection).findOne())!)

  it('have the assumed lengths', () => {
    expect(text).toContain('source of 10, issuer of 75, subject of 43 characters')
    expect([source, issuer, subject].map(({ length }) => length)).toEqual([10, 75, 43])
  })

  it.each<[string, number, object]>([
    ['SAML', 201, { id: `_${randomBytes(20).toString('hex')}` }],
    ['OpenID Connect', 320, { id: random(32), nonce: random(32), codeVerifier: random(32) }],
  ])('match a pending sign-in: %s', async (_protocol, bytes, more) => {
    const requests = new PendingSignIns(connection, 'https://app.example.com/sso')
    await requests.start(browser, { source, returnTo: '/projects/17', ...more } as NewSignIn)
    expect(await sizeIn('jitRequests')).toBe(bytes)
    expect(text).toContain(`${bytes} B`)
    await connection.collection('jitRequests').deleteMany({})
  })

  it('match a consumed assertion', async () => {
    await new PendingSignIns(connection, 'https://app.example.com/sso').isFirstUse(source, 'a', new Date())
    expect(await sizeIn('jitRequests')).toBe(105)
    expect(text).toContain('| 105 B ')
  })

  it('match a session', async () => {
    const sessions = new SignedInSessions(connection, 'https://app.example.com/sso')
    const signedIn = { source, issuer, subject, providerSession: randomUUID(), issuedAt: new Date() }
    await sessions.begin(random(24), signedIn)
    expect(await sizeIn('jitSessions')).toBe(426)
    expect(text).toContain('| 426 B ')
  })

  it('match activity', async () => {
    const activity = new Activity(connection, {}, (error) => {
      throw error
    })
    activity.start()
    const user = { id: String(new mongoose.Types.ObjectId()), label: 'Firstname Lastname' }
    activity.record({ source, at: new Date(), outcome: 'unchanged', user, changes: [], notices: [] })
    await activity.close()
    expect(await sizeIn('jitActivity')).toBe(212)
    expect(text).toContain('| 212 B ')
  })
})
