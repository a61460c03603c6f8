import { createPublicKey } from 'node:crypto'
import { checkSignatures } from '../../../src/saml/signature-profile'
import { canonicalText, INCLUSIVE } from '../../../src/saml/xml/canonical'
import { attributeOf, descendants, type XmlElement } from '../../../src/saml/xml/element'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { verifyEnveloped } from '../../../src/saml/xml/signature'
import { samlSource } from '../../helpers/saml-app'
import { createKeys } from '../../helpers/saml-idp'
import canonical from './cases/canonical.json'
import signatures from './cases/signature.json'

/*
 * The recorded answers of xmllint and xmlsec1. A document on which they and this library disagree in `npm run
 * test:oracle` becomes a case here.
 */

const withId = (xml: string, id: string): XmlElement =>
  scanXml(xml, unlimited).elements.find((element) => attributeOf(element, 'ID') === id)!

describe('the canonical text', () => {
  it.each(canonical.xmllint)('of document $# equals xmllint’s: $algorithm', ({ xml, algorithm, text }) => {
    expect(canonicalText(scanXml(xml, unlimited).root, { algorithm })).toBe(text)
  })

  it.each(canonical.xmlsec1)(
    'of part $# equals xmlsec1’s: $algorithm $prefixes',
    ({ xml, algorithm, prefixes, text }) => {
      expect(canonicalText(withId(xml, '_0'), { algorithm, prefixes })).toBe(text)
    },
  )
})

describe('a signature', () => {
  const verified = (xml: string): string | undefined => {
    const element = verifyEnveloped(withId(xml, '_signed'), [createPublicKey(signatures.publicKey)])
    return element && canonicalText(element, { algorithm: INCLUSIVE })
  }

  it.each(signatures.cases)(
    'gets the verdict of xmlsec1, and returns what it hashed: $#, $verdict',
    ({ xml, text }) => {
      expect(verified(xml)).toBe(text ?? undefined)
    },
  )

  it.each(signatures.malformed)('is refused if xmlsec1 requires a stricter form: $#', async ({ xml }) => {
    const source = samlSource('okta', (await createKeys('idp')).cert, { allowSha1: true })
    const owner = withId(xml, '_signed')
    const document = { root: owner, elements: [owner, ...descendants(owner)] }
    expect(() => checkSignatures(source, document, [owner])).toThrow(/signature/)
  })
})
