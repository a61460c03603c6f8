import { constants, createHash, createPrivateKey, sign, type SignKeyObjectInput } from 'node:crypto'
import type { SamlOptions } from '../../src/sources/config'
import type { Assertion } from '../../src/login/assertion'
import { canonicalText } from '../../src/saml/xml/canonical'
import { scanXml } from '../../src/saml/xml/scan'
import { unlimited } from '../../src/saml/xml/scan-limits'
import certificates from '../helpers/certificates.json'
import { IDP_ISSUER, type SamlApp, samlApp } from '../helpers/saml-app'
import { algorithms, attribute, encryptedFor, encryptedId, type ResponseOptions } from '../helpers/saml-idp'

/* What identity providers send beside the usual. */

let app: SamlApp
let close: () => Promise<void>
beforeAll(async () => {
  ;({ app, close } = await samlApp())
})
afterAll(() => close())
beforeEach(() => {
  app.logins.length = 0
})

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
const signatureOf = /<ds:SignedInfo[^]*<\/ds:SignedInfo><ds:SignatureValue>[^<]*/

interface Signer {
  algorithm: string
  hash: string
  digest?: string
  key: SignKeyObjectInput
}

/** Signs the Response again, by another algorithm. */
function resigned({ algorithm, hash, digest = algorithms.sha256, key }: Signer): (xml: string) => string {
  return (xml) => {
    const unsigned = xml.replace(/<ds:Signature [^]*<\/ds:Signature>/, '')
    const digestHash = digest.slice(digest.indexOf('#') + 1)
    const content = canonicalText(scanXml(unsigned, unlimited).root, { algorithm: algorithms.exclusive })
    const value = createHash(digestHash).update(content).digest('base64')
    const changed = xml
      .replace(algorithms.rsaSha256, algorithm)
      .replace(algorithms.sha256, digest)
      .replace(/(<ds:DigestValue>)[^<]*/, `$1${value}`)
    const info = scanXml(changed, unlimited).elements.find(({ name }) => name === 'SignedInfo')!
    const text = canonicalText(info, { algorithm: algorithms.exclusive })
    const signature = sign(hash, Buffer.from(text), key).toString('base64')
    return changed.replace(signatureOf, (part) => part.replace(/[^>]*$/, signature))
  }
}

async function signIn(saml: Partial<SamlOptions>, changes: Partial<ResponseOptions>) {
  const response = await app.signIn(app.source('okta', saml), changes)
  return { status: response.status, ...response.body } as {
    status: number
    message: string
    details: { check: string; algorithm?: string }
  }
}

const subjectOf = (): string | null | undefined => app.logins[0]?.assertion.subject
const assertionOf = (): Assertion => app.logins[0]!.assertion

describe('a signature', () => {
  const ec = (name: 'p256' | 'p384' | 'p521' | 'k1', dsaEncoding: 'ieee-p1363' | 'der' = 'ieee-p1363') => ({
    key: createPrivateKey(certificates[name].key),
    dsaEncoding,
  })
  const hashes = ['sha256', 'sha384', 'sha512']
  const digests = [algorithms.sha256, `${MORE}sha384`, algorithms.sha512]

  describe.each(['p256', 'p384', 'p521'] as const)('by ECDSA on %s', (curve) => {
    it.each(hashes.map((hash, i) => [hash, digests[i]!]))('with %s is valid', async (hash, digest) => {
      const signer = { algorithm: `${MORE}ecdsa-${hash}`, hash, digest, key: ec(curve) }
      const { status } = await signIn(
        { idpCert: certificates[curve].cert },
        { afterResponse: resigned(signer) },
      )
      expect([status, subjectOf()]).toEqual([200, 'ann-1'])
    })
  })

  it.each<[string, string, string, Partial<SignKeyObjectInput>]>([
    [`${MORE}rsa-sha384`, 'sha384', `${MORE}sha384`, {}],
    [
      'http://www.w3.org/2007/05/xmldsig-more#sha384-rsa-MGF1',
      'sha384',
      algorithms.sha512,
      { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST },
    ],
  ])('by %s is valid', async (algorithm, hash, digest, options) => {
    const key = { key: createPrivateKey(app.idp.key), ...options }
    const { status } = await signIn({}, { afterResponse: resigned({ algorithm, hash, digest, key }) })
    expect([status, subjectOf()]).toEqual([200, 'ann-1'])
  })

  it('by ECDSA is invalid in ASN.1, with another key, or for a changed value', async () => {
    const algorithm = `${MORE}ecdsa-sha256`
    const idpCert = certificates.p256.cert
    const signers = [
      resigned({ algorithm, hash: 'sha256', key: ec('p256', 'der') }),
      resigned({ algorithm, hash: 'sha256', key: ec('p384') }),
      resigned({ algorithm, hash: 'sha384', key: ec('p256') }),
      (xml: string) =>
        resigned({ algorithm, hash: 'sha256', key: ec('p256') })(xml).replace('>ann-1<', '>bob-1<'),
    ]
    for (const afterResponse of signers) {
      expect((await signIn({ idpCert }, { afterResponse })).details).toEqual({ check: 'signature' })
    }
  })

  it.each([
    ['an RSA key of 1,024 bits', 'rsa1024', algorithms.rsaSha256],
    ['a key on another curve', 'k1', `${MORE}ecdsa-sha256`],
  ] as const)('by %s is refused with the reason', async (_, name, algorithm) => {
    const { key, cert: idpCert } = certificates[name]
    const signer = {
      algorithm,
      hash: 'sha256',
      key: { key: createPrivateKey(key), dsaEncoding: 'ieee-p1363' as const },
    }
    const { details, message } = await signIn({ idpCert }, { afterResponse: resigned(signer) })
    expect(details).toEqual({ check: 'signature' })
    expect(message).toContain('strong enough')
  })

  it('by an algorithm that doesn’t fit the key is refused with the reason', async () => {
    const { details, message } = await signIn({ idpCert: certificates.p256.cert }, {})
    expect(details).toEqual({ check: 'signature' })
    expect(message).toContain(algorithms.rsaSha256)
  })

  it.each([`${MORE}ecdsa-sha1`, `${MORE}rsa-md5`, 'http://www.w3.org/2000/09/xmldsig#dsa-sha1'])(
    'by %s is refused with the algorithm’s name',
    async (algorithm) => {
      const afterResponse = (xml: string): string => xml.replace(algorithms.rsaSha256, algorithm)
      const { details, message } = await signIn({}, { afterResponse })
      expect(details).toEqual({ check: 'algorithm', algorithm })
      expect(message).toContain(algorithm)
    },
  )

  it.each<[string, string]>([
    ['http://www.w3.org/2006/12/xml-c14n11', 'http://www.w3.org/2006/12/xml-c14n11, a transform'],
    ['no name', 'transforms'],
  ])('with a transform that SAML forbids is refused with its name: %s', async (name, named) => {
    const afterResponse = (xml: string): string =>
      xml.replace(/<ds:Transform Algorithm="[^"]+exc-c14n#"/, `<ds:Transform Algorithm="${name}"`)
    const { details, message } = await signIn({}, { afterResponse })
    expect(details).toEqual({ check: 'algorithm' })
    expect(message).toBe(`The signature uses ${named} that SAML does not allow`)
  })

  it('is refused without quoting an invalid algorithm name', async () => {
    const afterResponse = (xml: string): string => xml.replace(algorithms.rsaSha256, 'a\u202eb c')
    const { details, message } = await signIn({}, { afterResponse })
    expect(details).toEqual({ check: 'algorithm' })
    expect(message).not.toContain('\u202e')
  })
})

it.each<[string, Partial<ResponseOptions>, string]>([
  [
    'the assertion',
    { issuer: 'https://idp.example.com' },
    'The assertion is from the issuer "https://idp.example.com"',
  ],
  ['the Response', { responseIssuer: 'urn:a\u202eb' }, 'The Response is from the issuer "urn:a⟨U+202E⟩b"'],
])('shows both names if the issuer of %s differs', async (_, changes, words) => {
  const { details, message } = await signIn({}, changes)
  expect(details).toEqual({ check: 'issuer' })
  expect(message).toContain(words)
  expect(message).toContain(`expects "${IDP_ISSUER}"`)
})

describe('the form of a signature', () => {
  const signatureValue = /(<ds:SignatureValue>)([^<]{40})/
  const digestValue = /(<ds:DigestValue>)([^<]{10})/
  const swapped = (xml: string, first: RegExp, second: RegExp): string => {
    const [one, other] = [first.exec(xml)![0], second.exec(xml)![0]]
    return xml
      .replace(one, '@')
      .replace(other, () => one)
      .replace('@', () => other)
  }

  it.each<[string, (xml: string) => string]>([
    ['white space in SignatureValue', (xml) => xml.replace(signatureValue, '$1 \n\t$2\r\n ')],
    ['a comment in SignatureValue', (xml) => xml.replace(signatureValue, '$1$2<!-- x -->')],
    ['white space between its children', (xml) => xml.replace('<ds:SignatureValue>', '\n$&')],
    ['no KeyInfo', (xml) => xml.replace(/<ds:KeyInfo>[^]*<\/ds:KeyInfo>/, '')],
    ['anything in KeyInfo', (xml) => xml.replace('<ds:KeyInfo>', '$&<ds:KeyName>x</ds:KeyName><x/>')],
  ])('may have %s', async (_, afterResponse) => {
    expect((await signIn({}, { afterResponse })).status).toBe(200)
  })

  it.each<[string, (xml: string) => string]>([
    ['junk in SignatureValue', (xml) => xml.replace(signatureValue, '$1$2*')],
    ['a letter of another alphabet in SignatureValue', (xml) => xml.replace(signatureValue, '$1$2-_')],
    ['a no-break space in SignatureValue', (xml) => xml.replace(signatureValue, '$1$2\u00a0')],
    ['an element in SignatureValue', (xml) => xml.replace(signatureValue, '$1$2<x/>')],
    ['junk in DigestValue', (xml) => xml.replace(digestValue, '$1$2.')],
    ['an unknown child', (xml) => xml.replace('<ds:KeyInfo>', '<ds:Other/>$&')],
    ['a child of another namespace', (xml) => xml.replace('<ds:KeyInfo>', '<x/>$&')],
    ['an Object', (xml) => xml.replace('</ds:KeyInfo>', '$&<ds:Object/>')],
    ['two KeyInfo', (xml) => xml.replace(/<ds:KeyInfo>[^]*<\/ds:KeyInfo>/, '$&$&')],
    ['text between its children', (xml) => xml.replace('<ds:KeyInfo>', 'x$&')],
    [
      'KeyInfo before SignatureValue',
      (xml) =>
        swapped(xml, /<ds:SignatureValue>[^<]*<\/ds:SignatureValue>/, /<ds:KeyInfo>[^]*<\/ds:KeyInfo>/),
    ],
    [
      'SignatureMethod before CanonicalizationMethod',
      (xml) => swapped(xml, /<ds:CanonicalizationMethod[^>]*>/, /<ds:SignatureMethod[^>]*>/),
    ],
    ['an unknown child of SignedInfo', (xml) => xml.replace('</ds:SignedInfo>', '<x/>$&')],
    ['an unknown child of Reference', (xml) => xml.replace('</ds:Reference>', '<x/>$&')],
    [
      'a child of SignatureMethod',
      (xml) => xml.replace(/(<ds:SignatureMethod [^>]*)\/>/, '$1><x/></ds:SignatureMethod>'),
    ],
    ['a relative namespace around it', (xml) => xml.replace('<samlp:Response ', '$&xmlns:x="relative" ')],
    [
      'a relative namespace beside it',
      (xml) => xml.replace('<samlp:Status>', '<samlp:Status xmlns:x="a/b:c">'),
    ],
  ])('must not have %s', async (_, change) => {
    const afterResponse = (xml: string): string => {
      expect(change(xml)).not.toBe(xml)
      return change(xml)
    }
    const { status, details } = await signIn({}, { afterResponse })
    expect([status, details]).toEqual([403, { check: 'signature' }])
  })
})

describe('a message', () => {
  it.each<[string, Partial<ResponseOptions>]>([
    [
      'the prefix xml declared',
      {
        afterResponse: (xml) =>
          xml.replace('<samlp:Response ', '$&xmlns:xml="http://www.w3.org/XML/1998/namespace" '),
      },
    ],
    [
      'one ID in several attribute values',
      { attributes: attribute('a', '<x id="1"/>', '<x id="1"/>') + attribute('email', 'ann@example.com') },
    ],
    ['other letters in names', { attributes: '<é:å xmlns:é="urn:a" ñ="1"/>' + attribute('a', '1') }],
    ['300 comments', { afterResponse: (xml) => xml.replace('>ann-1<', `>ann${'<!-- -->'.repeat(300)}-1<`) }],
    [
      '50 prefixes',
      {
        attributes: `<saml:Attribute Name="a" ${Array.from({ length: 50 }, (_, i) => `xmlns:p${i}="urn:p${i}"`).join(' ')}/>`,
      },
    ],
    // xml-crypto, like libxml2, does not escape the ampersand in the canonical text.
    ['a namespace with an ampersand', { attributes: '<p:x xmlns:p="urn:a?b=1&amp;c=2"/>' }],
    ['a long namespace', { attributes: `<p:x xmlns:p="urn:${'u'.repeat(900)}"/>` }],
  ])('may have %s', async (_, changes) => {
    for (const sign of [['response'], ['assertion']] as ResponseOptions['sign'][]) {
      app.logins.length = 0
      expect([(await signIn({}, { sign, ...changes })).status, subjectOf()]).toEqual([200, 'ann-1'])
    }
  })

  it.each([
    ['of a value', (id: string) => `<x ID="${id}"/>`],
    ['of a value, in other letter case', (id: string) => `<x id="${id}"/>`],
  ])('must not repeat the assertion’s ID as that %s', async (_, content) => {
    const { details } = await signIn({}, { assertionId: '_one', attributes: attribute('a', content('_one')) })
    expect(details).toEqual({ check: 'structure' })
  })

  it.each<[string, (xml: string) => Buffer]>([
    ['UTF-8 with a byte order mark', (xml) => Buffer.from(`\ufeff${xml}`)],
    ['UTF-16 with a byte order mark', (xml) => Buffer.from(`\ufeff${xml}`, 'utf16le')],
    ['ISO-8859-1', (xml) => Buffer.from(`<?xml version="1.0" encoding="ISO-8859-1"?>${xml}`, 'latin1')],
  ])('may be encoded in %s', async (_, encode) => {
    const source = app.source('okta', {})
    const started = await app.start('okta')
    const xml = await app.respond(source, started, { attributes: attribute('a', 'Zoë') })
    const response = await app.postField('okta', encode(xml).toString('base64'), started.cookie)
    expect([response.status, app.logins[0]?.assertion.attributes]).toEqual([200, { a: 'Zoë' }])
  })
})

describe('an encrypted part', () => {
  const decrypts = (): Partial<SamlOptions> => ({ decryptionPvk: app.sp.key, decryptionCert: app.sp.cert })
  const NS = 'xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'
  const name = (declared: string): string => `<saml:NameID ${declared} Format="urn:f">bob-2</saml:NameID>`

  it.each([
    ['that declares its prefix', NS],
    ['that uses the surrounding prefix', ''],
  ])('may be the subject: an EncryptedID %s', async (_, declared) => {
    const subjectExtra = await encryptedId(name(declared), app.sp)
    const { status } = await signIn(decrypts(), { nameId: null, subjectExtra })
    expect([status, subjectOf()]).toEqual([200, 'bob-2'])
  })

  it('is refused as the subject if it can’t be decrypted or isn’t one NameID', async () => {
    const cases: [Partial<SamlOptions>, Partial<ResponseOptions>, string][] = [
      [{}, { nameId: null, subjectExtra: await encryptedId(name(NS), app.sp) }, 'encryption'],
      [decrypts(), { nameId: null, subjectExtra: await encryptedId(name(NS), app.idp) }, 'encryption'],
      [
        decrypts(),
        { nameId: null, subjectExtra: await encryptedId('<NameID>a</NameID>', app.sp) },
        'structure',
      ],
      [decrypts(), { subjectExtra: await encryptedId(name(NS), app.sp) }, 'structure'],
      [
        decrypts(),
        { nameId: null, subjectExtra: (await encryptedId(name(NS), app.sp)).repeat(2) },
        'structure',
      ],
    ]
    for (const [saml, changes, check] of cases) {
      expect([check, (await signIn(saml, changes)).details]).toEqual([check, { check }])
    }
  })

  const encryptedAttribute = async (xml: string, keys = app.sp): Promise<string> =>
    `<saml:EncryptedAttribute>${await encryptedFor(keys, xml)}</saml:EncryptedAttribute>`

  it('may be an attribute', async () => {
    const attributes = attribute('a', '1') + (await encryptedAttribute(attribute('b', '2', '3')))
    await signIn(decrypts(), { attributes })
    expect(assertionOf().attributes).toEqual({ a: '1', b: ['2', '3'] })
    expect(assertionOf().unreadable).toBeUndefined()
  })

  it('marks missing attributes as unreadable if it is an attribute that can’t be decrypted', async () => {
    const forNobody = attribute('a', '1') + (await encryptedAttribute(attribute('b', '2'), app.idp))
    for (const saml of [{}, decrypts()]) {
      app.logins.length = 0
      await signIn(saml, { attributes: forNobody })
      expect(assertionOf()).toMatchObject({ attributes: { a: '1' }, unreadable: 'could not be decrypted' })
    }
  })

  it('names the algorithm that prevents reading an attribute', async () => {
    const title = '<saml:Attribute xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" Name="title"/>'
    const encrypted = await encryptedFor(app.sp, title, algorithms.tripleDes)
    await signIn(decrypts(), {
      attributes: `<saml:EncryptedAttribute>${encrypted}</saml:EncryptedAttribute>`,
    })
    expect(assertionOf().unreadable).toBe(
      `could not be decrypted: this source does not accept ${algorithms.tripleDes}`,
    )
  })
})

describe('prefixes that are declared around an encrypted assertion', () => {
  const decrypts = (): Partial<SamlOptions> => ({ decryptionPvk: app.sp.key, decryptionCert: app.sp.cert })
  const XSI = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
  const typed = attribute('a', '1').replace('<saml:AttributeValue', '<saml:AttributeValue xsi:type="string"')
  const declaring = (xml: string): string => xml.replace('<samlp:Response ', `<samlp:Response ${XSI} `)
  const cut = (xml: string): string => xml.replace(' xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"', '')
  const encrypted = (changes: Partial<ResponseOptions>): Promise<{ status: number }> =>
    signIn(decrypts(), { encryptFor: app.sp, ...changes })

  it('apply in an assertion that the Response signs', async () => {
    const { status } = await encrypted({ afterAssertion: cut })
    expect([status, subjectOf()]).toEqual([200, 'ann-1'])
  })

  it('apply in an assertion with its own signature', async () => {
    const { status } = await encrypted({ sign: ['assertion'], afterAssertion: cut })
    expect([status, subjectOf()]).toEqual([200, 'ann-1'])
  })

  it('change nothing in an assertion with its own declarations, signed in inclusive form', async () => {
    const { status } = await encrypted({ sign: ['assertion'], canonicalization: algorithms.inclusive })
    expect([status, subjectOf()]).toEqual([200, 'ann-1'])
  })

  it('serve an attribute such as xsi:type even if the Response’s signature doesn’t cover them', async () => {
    const { status } = await encrypted({ attributes: typed, afterResponse: declaring })
    expect([status, assertionOf().attributes]).toEqual([200, { a: '1' }])
  })

  it('never give an element its meaning if no signature covers them', async () => {
    const attributes = '<x:Attribute Name="role"><x:AttributeValue>admin</x:AttributeValue></x:Attribute>'
    for (const namespace of ['urn:oasis:names:tc:SAML:2.0:assertion', 'urn:x']) {
      const afterResponse = (xml: string): string =>
        xml.replace('<samlp:Response ', `<samlp:Response xmlns:x="${namespace}" `)
      expect(await encrypted({ attributes, afterResponse })).toMatchObject({
        ...{ status: 403, details: { check: 'encryption' } },
      })
    }
  })

  it('can’t be changed if the assertion is signed', async () => {
    const afterResponse = (xml: string): string =>
      xml.replaceAll('xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"', 'xmlns:saml="urn:x"')
    const unchanged = await encrypted({ sign: ['assertion'], afterAssertion: cut })
    expect(unchanged.status).toBe(200)
    expect((await encrypted({ sign: ['assertion'], afterAssertion: cut, afterResponse })).status).toBe(403)
  })
})
