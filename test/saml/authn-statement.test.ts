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

/** An AuthnStatement (Core 2.7.2), by default with a password, now; null omits a part. */
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

/** Replaces the identity provider's AuthnStatement with these. */
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

/** Sends an unsolicited Response to a source that accepts it. */
async function unasked(saml: Partial<SamlOptions>, ...statements: string[]): Promise<request.Response> {
  const source = app.source('okta', { ...saml, allowIdpInitiated: true })
  const nobody = { id: '', cookie: '' }
  const changes = { inResponseTo: null, responseInResponseTo: null, ...saying(...statements) }
  return app.post('okta', await app.respond(source, nobody, changes))
}

describe('the authentication context that a source requests', () => {
  const authnContext = [TWO_FACTORS, SMARTCARD]

  it.each([
    ['the first requested class', [statement(TWO_FACTORS)]],
    ['another requested class', [statement(SMARTCARD)]],
    ['a requested class in one statement of two', [statement(PASSWORD), statement(SMARTCARD)]],
  ])('is met by %s', async (_, statements) => expectAccepted(await signIn({ authnContext }, ...statements)))

  it.each([
    ['another', [statement(PASSWORD)]],
    ['a class with the same beginning', [statement(`${TWO_FACTORS}/not`)]],
    ['a class in different letter case', [statement(TWO_FACTORS.toUpperCase())]],
    ['an empty class', [statement('')]],
    ['a statement without a class', [statement(null)]],
    [
      'a class in an AuthnContextDeclRef',
      [statement().replaceAll('AuthnContextClassRef', 'AuthnContextDeclRef').replace(PASSWORD, TWO_FACTORS)],
    ],
    ['no statement', []],
  ])('is not met by %s', async (_, statements) =>
    expectRefused(await signIn({ authnContext }, ...statements), 'authn_context'),
  )

  it('is required in the Response if the comparison is exact', async () =>
    expectRefused(await signIn({ authnContext, racComparison: 'exact' }, statement()), 'authn_context'))

  it('is required in an unsolicited Response too', async () => {
    expectRefused(await unasked({ authnContext }, statement(PASSWORD)), 'authn_context')
    expectAccepted(await unasked({ authnContext }, statement(TWO_FACTORS)))
  })

  it.each(['minimum', 'maximum', 'better'] as const)(
    'is left to the provider, which alone knows the order, if the comparison is %s',
    async (racComparison) => expectAccepted(await signIn({ authnContext, racComparison }, statement())),
  )

  it.each([[undefined], [[]]])('can be any if the source requests %j', async (none) =>
    expectAccepted(await signIn(none ? { authnContext: none } : {}, statement(null))),
  )

  it('leaves the request pending when it is refused, so the correct Response still works', async () => {
    const source = app.source('okta', { authnContext })
    const started = await app.start('okta')
    const answer = async (classRef: string): Promise<request.Response> =>
      app.post('okta', await app.respond(source, started, saying(statement(classRef))), started.cookie)
    expectRefused(await answer(PASSWORD), 'authn_context')
    expectAccepted(await answer(TWO_FACTORS))
  })
})

describe('a source with forceAuthn', () => {
  const forceAuthn = true

  it.each([
    ['after the request', [statement(PASSWORD, { instant: at(1) })]],
    ['within the clock tolerance', [statement(PASSWORD, { instant: at(-10) })]],
    ['repeated in a second statement', [statement(PASSWORD, { instant: at(-3600) }), statement()]],
  ])('accepts a sign-in %s', async (_, statements) =>
    expectAccepted(await signIn({ forceAuthn }, ...statements)),
  )

  it.each([
    ['a sign-in before the request', [statement(PASSWORD, { instant: at(-65) })]],
    ['a sign-in a year ago', [statement(PASSWORD, { instant: at(-365 * 86_400) })]],
    ['no time', [statement(PASSWORD, { instant: null })]],
    ['an invalid time', [statement(PASSWORD, { instant: 'today' })]],
    ['a time without a time zone', [statement(PASSWORD, { instant: at(0).replace('Z', '') })]],
    ['no statement', []],
  ])('refuses %s', async (_, statements) =>
    expectRefused(await signIn({ forceAuthn }, ...statements), 'authn_instant'),
  )

  it('allows the configured clock tolerance', async () => {
    const recent = statement(PASSWORD, { instant: at(-50) })
    expectRefused(await signIn({ forceAuthn, acceptedClockSkewMs: 10_000 }, recent), 'authn_instant')
  })

  it('counts from its request, not from the Response', async () => {
    const source = app.source('okta', { forceAuthn, acceptedClockSkewMs: 0 })
    const started = await app.start('okta')
    const signedIn = statement()
    await new Promise((resolve) => setTimeout(resolve, 50))
    expectAccepted(
      await app.post('okta', await app.respond(source, started, saying(signedIn)), started.cookie),
    )
  })

  it('requires both in one statement if it also requests a context', async () => {
    const saml = { forceAuthn, authnContext: [TWO_FACTORS] }
    const old = { instant: at(-3600) }
    expectRefused(await signIn(saml, statement(TWO_FACTORS, old), statement(PASSWORD)), 'authn_instant')
    expectAccepted(await signIn(saml, statement(PASSWORD, old), statement(TWO_FACTORS)))
  })

  it('refuses an unsolicited Response, which cannot prove a new sign-in', async () => {
    expectRefused(await unasked({ forceAuthn }, statement()), 'authn_instant')
    expectAccepted(await unasked({}, statement()))
  })

  it('is the only source that compares the time', async () =>
    expectAccepted(await signIn({}, statement(PASSWORD, { instant: at(-365 * 86_400) }))))
})

describe('the time of the sign-in at the provider', () => {
  it('is read from any of several statements', async () =>
    expectAccepted(await signIn({}, statement(PASSWORD, { instant: null }), statement())))

  it.each([
    ['no statement', []],
    ['a statement without it', [statement(PASSWORD, { instant: null })]],
    ['a statement whose time is invalid', [statement(PASSWORD, { instant: 'today' })]],
  ])('is required: refuses %s', async (_, statements) =>
    expectRefused(await signIn({}, ...statements), 'authn_instant'),
  )
})

describe('the end of the provider’s session', () => {
  it.each([
    ['in an hour', at(3600)],
    ['just over, within the clock tolerance', at(-10)],
  ])('can be %s', async (_, ends) => expectAccepted(await signIn({}, statement(PASSWORD, { ends }))))

  it.each([
    ['in the past', [statement(PASSWORD, { ends: at(-61) })]],
    ['in the past in one statement of two', [statement(), statement(PASSWORD, { ends: at(-61) })]],
    ['no time', [statement(PASSWORD, { ends: 'never' })]],
    ['empty', [statement(PASSWORD, { ends: '' })]],
  ])('cannot be %s', async (_, statements) =>
    expectRefused(await signIn({}, ...statements), 'session_not_on_or_after'),
  )

  it('allows the source’s clock tolerance', async () => {
    const over = statement(PASSWORD, { ends: at(-50) })
    expectRefused(await signIn({ acceptedClockSkewMs: 10_000 }, over), 'session_not_on_or_after')
  })
})
