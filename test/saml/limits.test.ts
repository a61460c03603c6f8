import mongoose, { Schema } from 'mongoose'
import { createJit, type JitError, type Jit, type JitOptions, jitUser } from '../../src/index'
import { hostOf } from '../../src/passport/host'
import { defaultSamlLimits, formBytes } from '../../src/saml/limits'
import { companyFields, companySchema } from '../helpers/company'
import { createParties, type Parties, samlSources } from '../helpers/saml-company'
import { webApp, type WebApp } from '../helpers/web-app'

const base64 = (xml: string): string => Buffer.from(xml).toString('base64')

describe('the limits of SAML messages', () => {
  const User = mongoose.model(
    'LimitedUser',
    new Schema(companySchema).plugin(jitUser, { fields: companyFields }),
  )
  const problemsOf = (samlLimits: unknown): string[] => {
    try {
      createJit({
        userModel: User,
        baseUrl: 'https://app.example/sso',
        sources: [],
        samlLimits,
      } as JitOptions)
      return []
    } catch (error) {
      return (error as JitError).details.problems ?? []
    }
  }

  it.each<[unknown, string[]]>([
    [undefined, []],
    [{}, []],
    [{ depth: 1000, bytes: 1, inflatedBytes: 1, elements: 1, attributes: undefined }, []],
    [{ element: 5 }, ["samlLimits.element: there is no such option; did you mean 'elements'?"]],
    [{ nonsense: 5 }, ['samlLimits.nonsense: there is no such option']],
    [{ depth: 1001 }, ['samlLimits.depth: must be a whole number from 1 to 1000']],
    [{ bytes: '512kb' }, ['samlLimits.bytes: must be a whole number of at least 1']],
    [
      { elements: 0, attributes: 1.5, inflatedBytes: Infinity },
      [
        'samlLimits.elements: must be a whole number of at least 1',
        'samlLimits.attributes: must be a whole number of at least 1',
        'samlLimits.inflatedBytes: must be a whole number of at least 1',
      ],
    ],
    ['small', ['samlLimits: must be an object']],
    [[], ['samlLimits: must be an object']],
    [null, ['samlLimits: must be an object']],
  ])('are validated: %j', (given, expected) => expect(problemsOf(given)).toEqual(expected))

  it('cannot be changed by the app afterwards', () => {
    const samlLimits = { bytes: 1000 }
    const jit = createJit({ userModel: User, baseUrl: 'https://app.example/sso', sources: [], samlLimits })
    samlLimits.bytes = 10_000_000
    expect(limitsOf(jit)).toEqual({ ...defaultSamlLimits, bytes: 1000 })
    expect(Object.isFrozen(limitsOf(jit))).toBe(true)
  })

  it('leave room in a form for a fully escaped message', () => {
    const escaped = encodeURIComponent(base64('x'.repeat(512 * 1024)).replace(/.{76}/g, '$&\r\n'))
    expect(escaped.length).toBeLessThan(formBytes(defaultSamlLimits))
  })
})

describe('an app with its own limits', () => {
  let parties: Parties
  let app: WebApp
  beforeAll(async () => {
    parties = await createParties()
  })
  afterEach(() => app.close())

  async function check(samlLimits: object, SAMLResponse: string): Promise<string> {
    app = await webApp({ sources: () => samlSources(parties), options: { samlLimits } })
    const refused: JitError[] = []
    app.jit.on('refused', (error) => void refused.push(error))
    const body = new URLSearchParams({ SAMLResponse })
    const { status } = await fetch(`${app.origin}/sso/okta/callback`, { method: 'POST', body })
    return `${status} ${refused[0]?.details.check} ${refused[0]?.message}`
  }

  const flat = `<a>${'<b c="d"/>'.repeat(10)}</a>`
  it.each([
    [{ bytes: 100 }, flat, '400 size The SAML message is larger than 100 bytes'],
    [{ elements: 10 }, flat, '400 structure The SAML message has more than 10 elements'],
    [{ attributes: 9 }, flat, '400 structure The SAML message has too many attributes'],
    [{ depth: 1 }, '<a><b></b></a>', '400 structure The SAML message is nested deeper than 1 elements'],
  ])('has them enforced: %j', async (limits, xml, expected) =>
    expect(await check(limits, base64(xml))).toBe(expected),
  )

  it('accepts a form with the longest allowed message, and refuses a longer one', async () => {
    const bytes = 2_000_000
    const message = base64(`<a>${'x'.repeat(bytes - 7)}</a>`)
    expect(await check({ bytes }, message)).toMatch(/^400 structure The message is not a SAML 2.0 Response/)
    await app.close()
    expect(await check({}, message)).toMatch(/^400 size The form/)
  })
})

/** The limits that the strategies and the router of a Jit use. */
function limitsOf(jit: Jit): unknown {
  return (hostOf(jit) as unknown as { samlLimits: unknown }).samlLimits
}
