import type { JitError } from '../../src'
import { hostOf } from '../../src/passport/host'
import { type FaultyApp, faultyApp } from '../helpers/faulty-app'
import { OidcIdp, type Person, SamlIdp, type TestIdp } from '../helpers/idps'
import { Browser } from '../helpers/oidc-browser'

type Protocol = TestIdp['protocol']

const idps = {} as Record<Protocol, TestIdp>
let faulty: FaultyApp
/** The checks that refused a sign-in. */
let checks: unknown[]
let person: Person
let people = 0

beforeAll(async () => {
  Object.assign(idps, { saml: await SamlIdp.start(), oidc: await OidcIdp.start() })
  faulty = await faultyApp({ idps: Object.values(idps) })
  faulty.app.jit.on('refused', ({ details }: JitError) => void checks.push(details.check))
})
beforeEach(() => {
  checks = []
  const id = `p${++people}`
  person = { subject: id, email: `${id}@corp.example`, title: 'Boss' }
})
afterEach(() => {
  jest.useRealTimers()
  Object.values(idps).forEach(({ clock }) => Object.assign(clock, { ahead: 0, validFor: 300 }))
})
afterAll(async () => {
  await faulty.close()
  await Promise.all(Object.values(idps).map((idp) => idp.close()))
})

const users = (): Promise<number> => faulty.users.countDocuments({ email: person.email })

describe('a provider whose clock is off:', () => {
  const accepted: [string, number, number][] = [
    ['half a minute ahead', 30, 300],
    ['half a minute behind', -30, 300],
    ['half a minute behind, with a response that has just expired', -30, 10],
    ['five minutes behind, with a response valid for ten minutes', -300, 600],
  ]
  const protocols: Protocol[] = ['saml', 'oidc']

  describe.each(protocols)('(%s)', (protocol) => {
    it.each(accepted)('%s: signs people in', async (_, ahead, validFor) => {
      idps[protocol].clock = { ahead, validFor }
      expect((await faulty.signIn(idps[protocol], new Browser(), person)).status).toBe(302)
      expect(await users()).toBe(1)
    })

    it.each([
      ['five minutes ahead', 300, { saml: 'not_yet_valid', oidc: 'iat' }],
      ['five minutes behind', -300, { saml: 'expired', oidc: 'exp' }],
    ])('%s: refuses people, writes nothing, and works once the clock is right', async (_, ahead, by) => {
      const idp = idps[protocol]
      const browser = new Browser()
      idp.clock = { ahead, validFor: 180 }
      const page = await faulty.signIn(idp, browser, person)
      expect([page.status, page.text.includes('invalid_assertion')]).toEqual([403, true])
      expect(checks).toEqual([by[protocol]])
      expect([await users(), await faulty.whoIs(browser)]).toEqual([0, undefined])
      idp.clock = { ahead: 0, validFor: 180 }
      expect((await faulty.signIn(idp, browser, person)).status).toBe(302)
    })
  })
})

/** Sets this machine's clock until the test ends or sets it again. Timers are not affected. */
function setClock(seconds: number): void {
  jest.useRealTimers()
  jest.useFakeTimers({
    now: Date.now() + seconds * 1000,
    doNotFake: [
      ...(['hrtime', 'nextTick', 'performance', 'queueMicrotask'] as const),
      ...(['setImmediate', 'setInterval', 'setTimeout'] as const),
      ...(['clearImmediate', 'clearInterval', 'clearTimeout'] as const),
    ],
  })
}

describe.each<Protocol>(['saml', 'oidc'])(
  'the clock of this machine, set during a sign-in (%s),',
  (protocol) => {
    it.each([
      ['five minutes ahead', -300],
      ['five minutes back', 300],
      ['two hours back', 7200],
    ])('%s, to the correct time: finishes the sign-in', async (_, wrong) => {
      const browser = new Browser()
      setClock(wrong)
      const start = await faulty.start(idps[protocol], browser)
      setClock(0)
      const deliver = await idps[protocol].answer(browser, start, person)
      expect((await deliver(browser)).status).toBe(302)
      expect(await users()).toBe(1)
    })

    it('two hours ahead: expires the sign-in, and starts a new one', async () => {
      const browser = new Browser()
      setClock(-7200)
      const start = await faulty.start(idps[protocol], browser)
      setClock(0)
      const deliver = await idps[protocol].answer(browser, start, person)
      expect((await deliver(browser)).status).toBe(403)
      expect(checks).toEqual([protocol === 'saml' ? 'in_response_to' : 'state'])
      expect((await faulty.signIn(idps[protocol], browser, person)).status).toBe(302)
    })
  },
)

it('keeps a used assertion on record if the database’s clock is ten minutes ahead', async () => {
  const { pendingSignIns: requests } = hostOf(faulty.app.jit)
  const collection = faulty.users.conn.collection('jitRequests')
  const removeAsOf = (seconds: number) =>
    collection.deleteMany({ expiresAt: { $lt: new Date(Date.now() + seconds * 1000) } })
  const ends = new Date(Date.now() + 60_000)
  expect(await requests.isFirstUse('saml', 'one', ends)).toBe(true)
  await removeAsOf(600)
  expect(await requests.isFirstUse('saml', 'one', ends)).toBe(false)
  await removeAsOf(86_400)
  expect(await requests.isFirstUse('saml', 'one', ends)).toBe(true)
})
