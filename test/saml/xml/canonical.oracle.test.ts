import fc from 'fast-check'
import { canonicalText, EXCLUSIVE, INCLUSIVE } from '../../../src/saml/xml/canonical'
import { attributeOf } from '../../../src/saml/xml/element'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { documentXml, prefixList, randomDocument } from '../../helpers/xml-documents'
import { assertForSome, xmllintCanonical, xmlsecCanonical } from '../../helpers/xml-oracle'

const documents = fc.array(randomDocument, { minLength: 1, maxLength: 40, size: 'max' })

describe('the canonical text', () => {
  it.each([
    [INCLUSIVE, '--c14n'],
    [EXCLUSIVE, '--exc-c14n'],
  ] as const)('of a whole document equals xmllint’s: %s', (algorithm, option) => {
    let compared = 0
    assertForSome(
      fc.property(documents, (all) => {
        const texts = all.map((document) => documentXml(document, '_1'))
        const ours = texts.map((xml) => canonicalText(scanXml(xml, unlimited).root, { algorithm }))
        expect(ours).toEqual(xmllintCanonical(texts, option))
        compared += ours.length
      }),
    )
    console.info(`${compared} documents compared: ${option}`)
    expect(compared).toBeGreaterThan(500)
  })

  it('of a part of a document equals what xmlsec1 hashes', () => {
    let compared = 0
    assertForSome(
      fc.property(documents, prefixList, prefixList, (all, prefixes, others) => {
        const methods = [
          { algorithm: INCLUSIVE, prefixes: [] },
          { algorithm: `${INCLUSIVE}#WithComments`, prefixes: [] },
          { algorithm: EXCLUSIVE, prefixes: [] },
          { algorithm: EXCLUSIVE, prefixes },
          { algorithm: `${EXCLUSIVE}WithComments`, prefixes: others },
        ]
        const ours = all.map((document) => {
          const { elements } = scanXml(documentXml(document, '_1'), unlimited)
          const target = elements.find((element) => attributeOf(element, 'ID') === '_1')!
          // In its batch, each document has a different ID.
          return methods.map((method) => canonicalText(target, method).replace('ID="_1"', 'ID="@"'))
        })
        const theirs = xmlsecCanonical(all, methods).map((texts) =>
          texts.map((text) => text.replace(/ID="_\d+"/, 'ID="@"')),
        )
        expect(ours).toEqual(theirs)
        compared += ours.flat().length
      }),
    )
    console.info(`${compared} parts of documents compared`)
    expect(compared).toBeGreaterThan(1000)
  })
})
