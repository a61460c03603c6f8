import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import { JitError } from '../../../src/errors'
import type { SamlAssertion } from '../../../src/saml/assertion'
import { scanMessage } from '../../../src/saml/decode-message'
import { defaultSamlLimits } from '../../../src/saml/limits'
import { verifiedAssertion } from '../../../src/saml/verify-assertion'
import { canonicalizations, canonicalText, EXCLUSIVE, INCLUSIVE } from '../../../src/saml/xml/canonical'
import { attributeOf, type XmlElement } from '../../../src/saml/xml/element'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { verifyEnveloped } from '../../../src/saml/xml/signature'
import certificates from '../../helpers/certificates.json'
import { IDP_ISSUER, samlSource } from '../../helpers/saml-app'
import {
  algorithms,
  attribute,
  createKeys,
  defaults,
  type Keys,
  type ResponseOptions,
  responseXml,
  signXml,
} from '../../helpers/saml-idp'
import { mutated, mutations } from '../../helpers/saml-mutation'
import { documentXml, prefixList, randomDocument } from '../../helpers/xml-documents'
import { assertForSome, type Template, xmlsecSigned, xmlsecVerdicts } from '../../helpers/xml-oracle'

let idp: Keys
let stranger: Keys
beforeAll(async () => {
  ;[idp, stranger] = await Promise.all([createKeys('idp'), createKeys('stranger')])
})

const method = fc
  .record({ algorithm: fc.constantFrom(...canonicalizations), prefixes: prefixList })
  .map(({ algorithm, prefixes }) => ({
    algorithm,
    prefixes: algorithm.startsWith(EXCLUSIVE) ? prefixes : [],
  }))
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'

const templateBy = (...signatureAlgorithms: string[]): fc.Arbitrary<Template> =>
  fc.record({
    method,
    transform: fc.option(method, { nil: undefined }),
    signatureAlgorithm: fc.constantFrom(...signatureAlgorithms),
    digestAlgorithm: fc.constantFrom(
      ...[algorithms.sha1, algorithms.sha256, `${MORE}sha384`, algorithms.sha512],
    ),
  })

const ecdsa = ['sha256', 'sha384', 'sha512'].map((hash) => `${MORE}ecdsa-${hash}`)
const signers: [name: string, () => string, fc.Arbitrary<Template>][] = [
  [
    'RSA',
    () => idp.key,
    templateBy(algorithms.rsaSha1, algorithms.rsaSha256, `${MORE}rsa-sha384`, algorithms.rsaSha512),
  ],
  ['P-256', () => certificates.p256.key, templateBy(...ecdsa)],
  ['P-384', () => certificates.p384.key, templateBy(...ecdsa)],
  ['P-521', () => certificates.p521.key, templateBy(...ecdsa)],
]

const signedIn = (xml: string): XmlElement =>
  scanXml(xml, unlimited).elements.find((element) => attributeOf(element, 'ID') === '_signed')!

it.each(signers)(
  'a %s signature by xmlsec1 is valid, and returns the signed element',
  (_, signer, template) => {
    let compared = 0
    const key = createPublicKey(signer())
    const documents = fc.array(fc.tuple(randomDocument, template), {
      minLength: 1,
      maxLength: 20,
      size: 'max',
    })
    assertForSome(
      fc.property(documents, (all) => {
        xmlsecSigned(all, signer()).forEach((xml, i) => {
          const [document, { transform }] = all[i]!
          const unsigned = signedIn(documentXml(document, '_signed'))
          const verified = verifyEnveloped(signedIn(xml), [key])
          expect(verified && canonicalText(verified, { algorithm: INCLUSIVE })).toBe(
            canonicalText(unsigned, transform ?? { algorithm: INCLUSIVE }),
          )
          compared++
        })
      }),
    )
    console.info(`${compared} signatures of xmlsec1 verified`)
    expect(compared).toBeGreaterThan(200)
  },
)

const onResponse = "/*/*[local-name()='Signature']"
const onAssertion = "/*/*[local-name()='Assertion']/*[local-name()='Signature']"

interface Style {
  name: string
  changes: () => Partial<ResponseOptions>
  /** The signatures that must be valid. */
  signatures: string[]
  wants?: object
}

const inPlace = (canonicalization: string, prefixes: string[] = []): Partial<ResponseOptions> => ({
  sign: [],
  afterResponse: (xml) => signXml(xml, 'Assertion', { ...defaults, keys: idp, canonicalization }, prefixes),
})

const styles: Style[] = [
  { name: 'a signed Response', changes: () => ({}), signatures: [onResponse] },
  { name: 'a signed assertion', changes: () => ({ sign: ['assertion'] }), signatures: [onAssertion] },
  {
    name: 'both signed',
    changes: () => ({ sign: ['assertion', 'response'] }),
    signatures: [onResponse, onAssertion],
    wants: { wantAssertionsSigned: true, wantAuthnResponseSigned: true },
  },
  {
    name: 'an assertion signed in its place, in inclusive form',
    changes: () => inPlace(algorithms.inclusive),
    signatures: [onAssertion],
  },
  {
    name: 'an assertion signed in its place, with a PrefixList',
    changes: () => inPlace(algorithms.exclusive, ['samlp', 'xs']),
    signatures: [onAssertion],
  },
  {
    name: 'a Response signed by RSA with SHA-512',
    changes: () => ({ signatureAlgorithm: algorithms.rsaSha512, digestAlgorithm: algorithms.sha512 }),
    signatures: [onResponse],
  },
]

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
    attributes: attribute('email', 'ann@corp.example') + attribute('groups', 'staff', 'a &amp; b\r\n', ''),
    ...changes,
  })
}

/** The assertion that this library reads, or undefined if it refuses the message. */
function read(xml: string, { wants }: Style, { cert }: Keys): SamlAssertion | undefined {
  try {
    return verifiedAssertion(samlSource('okta', cert, wants), scanMessage('okta', xml), defaultSamlLimits)
  } catch (error) {
    if (error instanceof JitError) return undefined
    throw error
  }
}

const identified = [
  'urn:oasis:names:tc:SAML:2.0:protocol:Response',
  'urn:oasis:names:tc:SAML:2.0:assertion:Assertion',
]

/** Whether every required signature is valid. */
function byXmlsec(messages: readonly string[], { signatures }: Style, { publicKey }: Keys): boolean[] {
  const verdicts = signatures.map((signature) =>
    xmlsecVerdicts(messages, { publicKey, signature, identified }),
  )
  return messages.map((_, i) => verdicts.every((all) => all[i]))
}

it.each(styles)('both verifiers accept a valid message with the correct key only: $name', async (style) => {
  const xml = await genuine(style.changes())
  for (const [keys, isAccepted] of [
    [idp, true],
    [stranger, false],
  ] as const) {
    expect(read(xml, style, keys) !== undefined).toBe(isAccepted)
    expect(byXmlsec([xml], style, keys)).toEqual([isAccepted])
  }
})

it('a modified message is accepted only if xmlsec1 accepts it, and keeps its content', async () => {
  const bases = await Promise.all(styles.map(({ changes }) => genuine(changes())))
  const originals = bases.map((xml, i) => read(xml, styles[i]!, idp))
  const count = { mutants: 0, accepted: 0, refused: 0, refusedHereAlone: 0 }
  const changes = fc.array(mutations, { minLength: 1, maxLength: 200, size: 'max' })
  assertForSome(
    fc.property(fc.nat(styles.length - 1), changes, (i, all) => {
      const mutants = new Set(all.map((steps) => mutated(bases[i]!, steps)).filter((xml) => xml !== bases[i]))
      const [accepted, refused]: [string[], string[]] = [[], []]
      for (const xml of mutants) {
        const assertion = read(xml, styles[i]!, idp)
        if (assertion) expect({ xml, assertion }).toEqual({ xml, assertion: originals[i] })
        if (!assertion) refused.push(xml)
        else accepted.push(xml)
      }
      const differing = accepted[byXmlsec(accepted, styles[i]!, idp).indexOf(false)]
      if (differing) throw new Error(`xmlsec1 refuses, for the key\n${idp.publicKey}\n${differing}`)
      // A refusal cannot be wrong, and xmlsec1 is slow to refuse, so it checks only a few, to count them.
      const some = byXmlsec(refused.slice(0, 3), styles[i]!, idp)
      count.mutants += mutants.size
      count.accepted += accepted.length
      count.refused += some.length
      count.refusedHereAlone += some.filter(Boolean).length
    }),
  )
  console.info(`Changed messages: ${JSON.stringify(count)}`)
  expect(count.mutants).toBeGreaterThan(500)
  expect(count.accepted).toBeGreaterThan(20)
})
