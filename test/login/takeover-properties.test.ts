import fc from 'fast-check'
import type { Assertion, SourceConfig } from '../../src'
import { company, type Company, source } from '../helpers/company'

/**
 * For all actions of two people, in any order and through any sources: neither gets into the other's account, unless a
 * provider verifies an email that belongs to the other. PROPERTY_RUNS and PROPERTY_SEED extend the search.
 */
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_240_229)
const numRuns = Number(process.env['PROPERTY_RUNS'] ?? 150)

const everywhere: SourceConfig[] = [
  source({ id: 'open' }),
  source({ id: 'silent', syncing: false }),
  source({ id: 'partial', fields: { provision: ['email'], sync: ['email'] }, onEmpty: 'keep' }),
  source({ id: 'numbers', identifiers: ['employeeNumber', 'email'] }),
  source({ id: 'own', domains: ['corp.example'] }),
  source({ id: 'never', linking: 'never', domains: ['corp.example'] }),
]
/** Who can sign in where. The company's own sources know only the company's people. */
const at = {
  victim: ['own', ...everywhere.map(({ id }) => id)],
  mallory: ['open', 'open', 'silent', 'silent', 'partial', 'numbers'],
}
const own = { victim: ['victim@corp.example'], mallory: ['m@evil.example'] }
type Person = keyof typeof own

type Step =
  | {
      do: 'sign in'
      person: Person
      source: string
      email: string
      verified: boolean | undefined
      number: string | undefined
    }
  /** The app changes the email of an account that was created with an unverified one. */
  | { do: 'change'; email: string }

const addresses = [...own.victim, ...own.victim, ...own.mallory, 'Victim@Corp.example']

function signInOf(person: Person): fc.Arbitrary<Step> {
  return fc
    .record({
      source: fc.constantFrom(...at[person]),
      email: fc.constantFrom(...addresses, ...own[person]),
      verified: fc.constantFrom(undefined, false, true, true, true),
      number: fc.constantFrom(undefined, 'E1', 'E2'),
    })
    .map(({ email, verified, ...rest }) => ({
      ...{ do: 'sign in' as const, person, email, ...rest },
      // The company's sources know the owner of each email. Other sources verify the emails that they have checked.
      email: rest.source === 'own' || rest.source === 'never' ? own[person][0]! : email,
      verified: own[person].includes(email) ? verified : verified && undefined,
    }))
}

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: signInOf('mallory') },
    { weight: 3, arbitrary: signInOf('victim') },
    { weight: 1, arbitrary: fc.constantFrom(...addresses).map((email): Step => ({ do: 'change', email })) },
  ),
  { minLength: 3, maxLength: 8 },
)

let app: Company
beforeAll(async () => {
  app = await company({ sources: everywhere })
})
afterAll(() => app.close())

interface Stored {
  _id: unknown
  email: string
  identities: { subject: string; unvouchedEmail?: boolean }[]
}

async function take(step: Step): Promise<void> {
  if (step.do === 'change') {
    const flagged = await app.User.findOne({ 'identities.unvouchedEmail': true })
    await flagged
      ?.set('email', step.email)
      .save()
      .catch(() => undefined)
    return
  }
  const { person, email, verified, number } = step
  const assertion: Assertion = {
    issuer: 'https://idp.example',
    subject: person,
    attributes: {
      email,
      firstName: person,
      lastName: 'x',
      ...(number !== undefined && { employeeNumber: number }),
    },
    ...(verified !== undefined && { emailVerified: verified }),
  }
  const result = await app.jit.login(step.source, assertion).catch((error: { code?: string }) => error)
  if (!('user' in result)) return void expect(result.code).toMatch(/^[a-z_]+$/)
  const { identities } = result.user.toObject() as unknown as Stored
  expect(new Set(identities.map(({ subject }) => subject))).toEqual(new Set([person]))
}

it('keeps two people apart', async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      await app.User.deleteMany({})
      for (const step of all) await take(step)
      for (const { identities } of await app.User.find().lean<Stored[]>()) {
        expect(new Set(identities.map(({ subject }) => subject)).size).toBeLessThanOrEqual(1)
      }
    }),
    { seed, numRuns },
  )
}, 120_000)
