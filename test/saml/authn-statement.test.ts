import type request from 'supertest'
import type { SamlOptions } from '../../src/sources/config'
import { samlApp, type SamlApp } from '../helpers/saml-app'

const PASSWORD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:Password'
const TWO_FACTORS = 'https://refeds.org/profile/mfa'
const SMARTCARD = 'urn:oasis:names:tc:SAML:2.0:ac:classes:SmartcardPKI'

let app: SamlApp
let close: () => Promise<void>

beforeAll(async () => {
  ;({ app, close } = await samlApp())
})
afterAll(() => close())
beforeEach(() => (app.logins.length = 0))

const at = (seconds: number): string => new Date(Date.now() + seconds * 1000).toISOString()

/** An AuthnStatement (Core 2.7.2): of a password, and of now, unless said otherwise; null leaves a thing out. */
function statement(
  classRef: string | null = PASSWORD,
  times: { instant?: string | null; ends?: string } = {},
): string {
  const { instant = at(0), ends } = times
  return (
    '<saml:AuthnStatement' +
    (instant === null ? '' : ` AuthnInstant="${instant}"`) +
    (ends === undefined ? '' : ` SessionNotOnOrAfter="${ends}"`) +
    '><saml:AuthnContext>' +
    (classRef === null ? '' : `<saml:AuthnContextClassRef>${classRef}</saml:AuthnContextClassRef>`) +
    '</saml:AuthnContext></saml:AuthnStatement>'
  )
}

/** Makes the identity provider say these in the place of what it says of the sign-in. */
const saying = (...statements: string[]) => ({
  afterAssertion: (xml: string) =>
    xml.replace(/<saml:AuthnStatement [^]*<\/saml:AuthnStatement>/, statements.join('')),
})

const signIn = (saml: Partial<SamlOptions>, ...statements: string[]): Promise<request.Response> =>
  app.signIn(app.source('okta', saml), saying(...statements))

function expectAccepted({ status, body }: request.Response): void {
  expect([status, body.details, app.logins.length]).toEqual([200, undefined, 1])
}

function expectRefused({ status, body }: request.Response, check: string): void {
  expect([status, body.code, body.details]).toEqual([403, 'invalid_assertion', { check }])
  expect(app.logins).toEqual([])
}

/** To a source that takes answers to no request, such a one. */
async function unasked(saml: Partial<SamlOptions>, ...statements: string[]): Promise<request.Response> {
  const source = app.source('okta', { ...saml, allowIdpInitiated: true })
  const nobody = { id: '', cookie: '' }
  const changes = { inResponseTo: null, responseInResponseTo: null, ...saying(...statements) }
  return app.post('okta', await app.respond(source, nobody, changes))
}

describe('the authentication context that a source asks for', () => {
  const authnContext = [TWO_FACTORS, SMARTCARD]

  it.each([
    ['the first of them', [statement(TWO_FACTORS)]],
    ['another of them', [statement(SMARTCARD)]],
    ['one of them, in one statement of two', [statement(PASSWORD), statement(SMARTCARD)]],
  ])('is met by %s', async (_, statements) => expectAccepted(await signIn({ authnContext }, ...statements)))

  it.each([
    ['another', [statement(PASSWORD)]],
    ['one that begins like it', [statement(`${TWO_FACTORS}/not`)]],
    ['one in another case', [statement(TWO_FACTORS.toUpperCase())]],
    ['an empty one', [statement('')]],
    ['a statement without one', [statement(null)]],
    [
      'the class of a declaration',
      [statement().replaceAll('AuthnContextClassRef', 'AuthnContextDeclRef').replace(PASSWORD, TWO_FACTORS)],
    ],
    ['no statement', []],
  ])('is not met by %s', async (_, statements) =>
    expectRefused(await signIn({ authnContext }, ...statements), 'authn_context'),
  )

  it('is held against the answer where the comparison is said to be exact', async () =>
    expectRefused(await signIn({ authnContext, racComparison: 'exact' }, statement()), 'authn_context'))

  it('is held against an answer to no request, too', async () => {
    expectRefused(await unasked({ authnContext }, statement(PASSWORD)), 'authn_context')
    expectAccepted(await unasked({ authnContext }, statement(TWO_FACTORS)))
  })

  it.each(['minimum', 'maximum', 'better'] as const)(
    'is left to the provider, which alone knows the order, where the comparison is %s',
    async (racComparison) => expectAccepted(await signIn({ authnContext, racComparison }, statement())),
  )

  it.each([[undefined], [[]]])('is any where the source asks for %j', async (none) =>
    expectAccepted(await signIn(none ? { authnContext: none } : {}, statement(null))),
  )

  it('leaves the request unused when it is refused, so that the right answer still finishes', async () => {
    const source = app.source('okta', { authnContext })
    const started = await app.start('okta')
    const answer = async (classRef: string): Promise<request.Response> =>
      app.post('okta', await app.respond(source, started, saying(statement(classRef))), started.cookie)
    expectRefused(await answer(PASSWORD), 'authn_context')
    expectAccepted(await answer(TWO_FACTORS))
  })
})

describe('a source that has people sign in anew', () => {
  const forceAuthn = true

  it.each([
    ['after it was asked', [statement(PASSWORD, { instant: at(1) })]],
    ['within the tolerance of clocks', [statement(PASSWORD, { instant: at(-10) })]],
    ['a second time', [statement(PASSWORD, { instant: at(-3600) }), statement()]],
  ])('accepts somebody who did so %s', async (_, statements) =>
    expectAccepted(await signIn({ forceAuthn }, ...statements)),
  )

  it.each([
    ['a sign-in before it asked', [statement(PASSWORD, { instant: at(-65) })]],
    ['a sign-in of last year', [statement(PASSWORD, { instant: at(-365 * 86_400) })]],
    ['no time', [statement(PASSWORD, { instant: null })]],
    ['a time that is none', [statement(PASSWORD, { instant: 'today' })]],
    ['a time in local time', [statement(PASSWORD, { instant: at(0).replace('Z', '') })]],
    ['no statement', []],
  ])('refuses %s', async (_, statements) =>
    expectRefused(await signIn({ forceAuthn }, ...statements), 'authn_instant'),
  )

  it('has the tolerance of clocks that it is given', async () => {
    const recent = statement(PASSWORD, { instant: at(-50) })
    expectRefused(await signIn({ forceAuthn, acceptedClockSkewMs: 10_000 }, recent), 'authn_instant')
  })

  it('counts from its request, not from the answer', async () => {
    const source = app.source('okta', { forceAuthn, acceptedClockSkewMs: 0 })
    const started = await app.start('okta')
    const signedIn = statement()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expectAccepted(
      await app.post('okta', await app.respond(source, started, saying(signedIn)), started.cookie),
    )
  })

  it('wants both of one statement where it asks for a context, too', async () => {
    const saml = { forceAuthn, authnContext: [TWO_FACTORS] }
    const old = { instant: at(-3600) }
    expectRefused(await signIn(saml, statement(TWO_FACTORS, old), statement(PASSWORD)), 'authn_instant')
    expectAccepted(await signIn(saml, statement(PASSWORD, old), statement(TWO_FACTORS)))
  })

  it('refuses an answer to no request, which cannot show it', async () => {
    expectRefused(await unasked({ forceAuthn }, statement()), 'authn_instant')
    expectAccepted(await unasked({}, statement()))
  })

  it('is the only one that compares the time', async () =>
    expectAccepted(await signIn({}, statement(PASSWORD, { instant: at(-365 * 86_400) }))))
})

describe('the time of the sign-in at the provider', () => {
  it('is in one statement of several', async () =>
    expectAccepted(await signIn({}, statement(PASSWORD, { instant: null }), statement())))

  it.each([
    ['no statement', []],
    ['a statement without it', [statement(PASSWORD, { instant: null })]],
    ['a statement whose time is none', [statement(PASSWORD, { instant: 'today' })]],
  ])('is demanded: refuses %s', async (_, statements) =>
    expectRefused(await signIn({}, ...statements), 'authn_instant'),
  )
})

describe("the end of the provider's session", () => {
  it.each([
    ['in an hour', at(3600)],
    ['just over, within the tolerance of clocks', at(-10)],
  ])('may be %s', async (_, ends) => expectAccepted(await signIn({}, statement(PASSWORD, { ends }))))

  it.each([
    ['in the past', [statement(PASSWORD, { ends: at(-61) })]],
    ['in the past in one statement of two', [statement(), statement(PASSWORD, { ends: at(-61) })]],
    ['no time', [statement(PASSWORD, { ends: 'never' })]],
    ['empty', [statement(PASSWORD, { ends: '' })]],
  ])('may not be %s', async (_, statements) =>
    expectRefused(await signIn({}, ...statements), 'session_not_on_or_after'),
  )

  it('has the tolerance of clocks that the source is given', async () => {
    const over = statement(PASSWORD, { ends: at(-50) })
    expectRefused(await signIn({ acceptedClockSkewMs: 10_000 }, over), 'session_not_on_or_after')
  })
})
