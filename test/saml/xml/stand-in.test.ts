import type { SamlSource } from '../../../src/sources/config'
import { scanMessage } from '../../../src/saml/decode-message'
import { defaultSamlLimits } from '../../../src/saml/limits'
import { verifiedAssertion } from '../../../src/saml/verify-assertion'
import { expectCostAtMost } from '../../helpers/cpu'
import { IDP_ISSUER, samlSource } from '../../helpers/saml-app'
import { algorithms, createKeys, defaults, type Keys, responseXml } from '../../helpers/saml-idp'

/** The largest allowed ratio between the work of two messages. Without the stand-in, the ratio is 1.3. */
const EQUAL = 1.12
const ROUNDS = 60

let idp: Keys
let sp: Keys
let source: SamlSource
beforeAll(async () => {
  ;[idp, sp] = (await Promise.all(['idp', 'sp'].map(createKeys))) as [Keys, Keys]
  source = samlSource('okta', idp.cert, { decryptionPvk: sp.key, decryptionCert: sp.cert })
})

const refused = async (change: (assertion: string) => string): Promise<() => void> => {
  const { issuer, callbackUrl } = source.saml
  const xml = await responseXml({
    ...{ ...defaults, keys: idp, issuer: IDP_ISSUER, responseIssuer: IDP_ISSUER, audience: issuer },
    ...{ recipient: callbackUrl, destination: callbackUrl, inResponseTo: '_a', responseInResponseTo: '_a' },
    ...{ sign: ['assertion'], encryptFor: sp, encryption: algorithms.aes128Cbc, afterAssertion: change },
  })
  const document = scanMessage('okta', xml)
  return () => {
    for (let round = 0; round < ROUNDS; round++)
      expect(() => verifiedAssertion(source, document, defaultSamlLimits)).toThrow()
  }
}

const putAt =
  (place: number, text: string) =>
  (xml: string): string => {
    const at = Math.floor(xml.length * place)
    return xml.slice(0, at) + text + xml.slice(at + text.length)
  }

describe('an encrypted assertion with an invalid signature', () => {
  it.each<[string, (xml: string) => string]>([
    ['breaks off at the start', putAt(0.03, '<<')],
    ['breaks off in the middle', putAt(0.5, '<<')],
    ['breaks off at the end', putAt(0.98, '<<')],
    ['holds a control character', putAt(0.5, '\u0001')],
    ['isn’t an assertion', (xml) => xml.replaceAll('saml:Assertion', 'saml:Assertiom')],
  ])('takes as much work as one that %s', async (_, change) => {
    const wellFormed = await refused((xml) => xml.replace('ann@', 'bob@'))
    const broken = await refused(change)
    wellFormed()
    broken()
    await expectCostAtMost(EQUAL, broken, wellFormed)
    await expectCostAtMost(EQUAL, wellFormed, broken)
  })
})
