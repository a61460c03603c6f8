import fc from 'fast-check'
import { registerHost } from '../../src/passport/host'
import type { JitHandle } from '../../src/passport/jit-strategy'
import { samlProtocol } from '../../src/saml/protocol'
import { JitError } from '../../src/errors'
import { defaultSamlLimits } from '../../src/saml/limits'
import type { Answer } from '../../src/sessions/pending-sign-ins'
import { SamlJitStrategy } from '../../src/saml/strategy'
import { IDP_ISSUER, samlSource } from '../helpers/saml-app'
import {
  algorithms,
  attribute,
  createKeys,
  defaults,
  type Keys,
  responseXml,
  signXml,
  type ResponseOptions,
} from '../helpers/saml-idp'
import { mutated, mutations } from '../helpers/saml-mutation'

/** Every run tries the same mutants. Another seed tries others. */
const SEED = 20_260_711
const MUTANTS = 600

let idp: Keys
let sp: Keys
beforeAll(async () => {
  ;[idp, sp] = await Promise.all([createKeys('idp'), createKeys('sp')])
})

/**
 * The result of a message: everything that the strategy passes to the engine and the app, or the reason of a refusal.
 */
type Verdict = { accepted: object } | { refused: JitError }

/** The strategy of a source that knows every request and no used assertion. */
function strategyOf(wants: object): (xml: string) => Promise<Verdict> {
  const keys = { decryptionPvk: sp.key, decryptionCert: sp.cert }
  const source = samlSource('okta', idp.cert, { ...keys, ...wants })
  const requests = {
    takeTest: () => Promise.resolve(undefined),
    take: (_req: unknown, _source: string, { requestId: id }: Answer) =>
      Promise.resolve({ id, source: 'okta' }),
    forget: () => Promise.resolve(),
    finishedBy: () => Promise.resolve(undefined),
    isFirstUse: () => Promise.resolve(true),
  }
  return (xml) =>
    new Promise((resolve, reject) => {
      let given: object | undefined
      const host = {
        protocols: { saml: samlProtocol(defaultSamlLimits) },
        pendingSignIns: requests,
        source: () => source,
        enabledSource: () => source,
        report: (error: unknown) => Promise.resolve(error),
        login: (_id: string, assertion: object) => {
          given = assertion
          return Promise.resolve({ user: {} })
        },
      }
      const jit = {} as JitHandle
      registerHost(jit, host as never)
      const strategy = new SamlJitStrategy(jit, 'okta')
      const actions = {
        success: (_user: object, { saml }: { saml: object }) => resolve({ accepted: { given, saml } }),
        fail: (error: JitError) => resolve({ refused: error }),
        error: reject,
      }
      const body = { SAMLResponse: Buffer.from(xml).toString('base64') }
      const attempt = Object.assign(Object.create(strategy) as typeof strategy, actions)
      const req = { method: 'POST', query: {}, headers: {}, body, logIn: () => undefined }
      attempt.authenticate.call(attempt as never, req as never)
    })
}

function genuine(changes: Partial<ResponseOptions>): Promise<string> {
  const { saml } = samlSource('okta', idp.cert)
  return responseXml({
    ...defaults,
    keys: idp,
    issuer: IDP_ISSUER,
    responseIssuer: IDP_ISSUER,
    audience: saml.issuer,
    recipient: saml.callbackUrl,
    destination: saml.callbackUrl,
    inResponseTo: '_asked',
    responseInResponseTo: '_asked',
    attributes:
      attribute('email', 'ann@corp.example') +
      attribute('groups', 'staff', 'a &amp; b', '') +
      attribute('note', 'x'),
    ...changes,
  })
}

const styles: [string, () => Partial<ResponseOptions>, object][] = [
  ['a signed Response', () => ({}), {}],
  ['a signed assertion', () => ({ sign: ['assertion'] }), {}],
  ['both signed', () => ({ sign: ['assertion', 'response'] }), { wantAssertionsSigned: true }],
  ['both signed, one signature required', () => ({ sign: ['assertion', 'response'] }), {}],
  [
    'an assertion signed in place, with inclusive canonicalization',
    () => ({
      sign: [],
      afterResponse: (xml) =>
        signXml(xml, 'Assertion', { ...defaults, keys: idp, canonicalization: algorithms.inclusive }),
    }),
    {},
  ],
  [
    'a signed assertion, encrypted',
    () => ({ sign: ['assertion'], encryptFor: sp, encryption: algorithms.aes256Cbc }),
    {},
  ],
  ['an encrypted assertion in a signed Response', () => ({ encryptFor: sp }), {}],
]

describe('a modified Response is refused, or reads as it was signed', () => {
  it.each(styles)('%s', async (_, changes, wants) => {
    const decide = strategyOf(wants)
    const xml = await genuine(changes())
    const original = await decide(xml)
    expect(original).toHaveProperty('accepted')
    let accepted = 0
    await fc.assert(
      fc.asyncProperty(mutations, async (steps) => {
        const mutant = mutated(xml, steps)
        const verdict = await decide(mutant)
        if ('refused' in verdict) return expect(verdict.refused).toBeInstanceOf(JitError)
        expect(verdict).toEqual(original)
        if (mutant !== xml) accepted++
      }),
      { seed: SEED, numRuns: MUTANTS },
    )
    // If every mutant were refused, the comparison would show nothing.
    expect(accepted).toBeGreaterThan(10)
    expect(accepted).toBeLessThan(MUTANTS / 2)
  })
})
