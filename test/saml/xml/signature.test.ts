import {
  constants,
  createHash,
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  type SignKeyObjectInput,
  X509Certificate,
} from 'node:crypto'
import { SignedXml } from 'xml-crypto'
import { textWithin, type XmlElement } from '../../../src/saml/xml/element'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { verifyDetached, verifyEnveloped } from '../../../src/saml/xml/signature'
import { hashOf } from '../../../src/saml/xml/signature-algorithms'
import { algorithms, createKeys, defaults, type Keys, signXml } from '../../helpers/saml-idp'

const SHA256_PSS = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }

let keys: Keys
let stranger: Keys
let rsa: KeyObject
beforeAll(async () => {
  ;[keys, stranger] = (await Promise.all(['idp', 'stranger'].map(createKeys))) as [Keys, Keys]
  rsa = publicKey(keys)
})

const pair = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  pss: generateKeyPairSync('rsa-pss', { modulusLength: 2048 }),
  ed25519: generateKeyPairSync('ed25519'),
}
const read = (text: string): { root: XmlElement } => scanXml(text, unlimited)
const text = '<a>ü</a>'

function detached(
  algorithm: string,
  value: Buffer | string,
  trusted: readonly KeyObject[] = [rsa],
): string | undefined {
  const signature = { text, algorithm, value: Buffer.isBuffer(value) ? value.toString('base64') : value }
  const verified = verifyDetached(signature, trusted, read)
  return verified && textWithin(verified.root)
}

function signed(hash: string, options: Partial<SignKeyObjectInput> = {}): Buffer {
  return sign(hash, Buffer.from(text), { key: createPrivateKey(keys.key), ...options })
}

describe('a detached signature', () => {
  it.each<[string, string, Partial<SignKeyObjectInput>]>([
    [algorithms.rsaSha1, 'sha1', {}],
    [algorithms.rsaSha256, 'sha256', {}],
    [algorithms.rsaSha512, 'sha512', {}],
    [algorithms.rsaPss, 'sha256', SHA256_PSS],
  ])('is valid with %s, and for no other text, key or hash', (algorithm, hash, options) => {
    const value = signed(hash, options)
    expect(detached(algorithm, value)).toBe('ü')
    expect(detached(algorithm, value, [publicKey(stranger), rsa])).toBe('ü')
    expect(detached(algorithm, value, [publicKey(stranger)])).toBeUndefined()
    expect(detached(algorithm, value, [])).toBeUndefined()
    for (const other of ['sha1', 'sha256', 'sha512'].filter((name) => name !== hash)) {
      expect(detached(algorithm, signed(other, options))).toBeUndefined()
    }
    expect(detached(algorithm, value.subarray(1))).toBeUndefined()
    expect(detached(algorithm, '')).toBeUndefined()
  })

  it('may contain white space, and otherwise only base64 characters', () => {
    const value = signed('sha256').toString('base64')
    expect(detached(algorithms.rsaSha256, `\n ${value.replace(/.{10}/g, '$& \n')}`)).toBe('ü')
    for (const junk of ['.', '-', '\u00a0', 'é', '=', '%']) {
      expect(detached(algorithms.rsaSha256, value.slice(0, 9) + junk + value.slice(9))).toBeUndefined()
      expect(detached(algorithms.rsaSha256, value + junk)).toBeUndefined()
    }
    expect(detached(algorithms.rsaSha256, value.replaceAll('=', ''))).toBeUndefined()
  })

  it.each(['', 'constructor', '__proto__', algorithms.sha256, 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'])(
    'is never valid with the algorithm "%s"',
    (algorithm) => expect(detached(algorithm, signed('sha256'))).toBeUndefined(),
  )

  it('is valid with RSA-PSS if the salt is as long as the hash', () => {
    for (const saltLength of [0, 20, 64]) {
      expect(detached(algorithms.rsaPss, signed('sha256', { ...SHA256_PSS, saltLength }))).toBeUndefined()
    }
    expect(detached(algorithms.rsaSha256, signed('sha256', SHA256_PSS))).toBeUndefined()
    expect(detached(algorithms.rsaPss, signed('sha256'))).toBeUndefined()
  })

  it('is valid with a key of the algorithm’s type only', () => {
    const by = (name: keyof typeof pair, hash: string | null): Buffer =>
      sign(hash, Buffer.from(text), pair[name].privateKey)
    for (const algorithm of [algorithms.rsaSha256, algorithms.rsaPss]) {
      expect(detached(algorithm, by('ec', 'sha256'), [pair.ec.publicKey])).toBeUndefined()
      expect(detached(algorithm, by('ed25519', null), [pair.ed25519.publicKey])).toBeUndefined()
    }
    const pss = sign('sha256', Buffer.from(text), { key: pair.pss.privateKey, ...SHA256_PSS })
    expect(detached(algorithms.rsaPss, pss, [pair.pss.publicKey])).toBe('ü')
    expect(detached(algorithms.rsaSha256, pss, [pair.pss.publicKey])).toBeUndefined()
  })

  it('by ECDSA is valid with both integers side by side, and in ASN.1', () => {
    const by = (dsaEncoding: 'ieee-p1363' | 'der', hash = 'sha256'): Buffer =>
      sign(hash, Buffer.from(text), { key: pair.ec.privateKey, dsaEncoding })
    for (const dsaEncoding of ['ieee-p1363', 'der'] as const) {
      expect(detached(algorithms.ecdsaSha256, by(dsaEncoding), [pair.ec.publicKey])).toBe('ü')
      expect(detached(algorithms.ecdsaSha256, by(dsaEncoding, 'sha384'), [pair.ec.publicKey])).toBeUndefined()
      expect(detached(algorithms.ecdsaSha256, by(dsaEncoding), [rsa])).toBeUndefined()
    }
  })

  it('has its text read only after verification', () => {
    const reader = jest.fn(read)
    const signature = { text, algorithm: algorithms.rsaSha256, value: 'AAAA' }
    expect(verifyDetached(signature, [rsa], reader)).toBeUndefined()
    expect(reader).not.toHaveBeenCalled()
    const value = signed('sha256').toString('base64')
    verifyDetached({ ...signature, value }, [rsa], reader)
    expect(reader.mock.calls).toEqual([[text]])
  })
})

describe('the hash functions of algorithms', () => {
  it('cover every algorithm that xml-crypto verifies with a public key', () => {
    const { SignatureAlgorithms, HashAlgorithms } = new SignedXml()
    for (const uri of [...Object.keys(SignatureAlgorithms), ...Object.keys(HashAlgorithms)]) {
      expect([uri, hashOf(uri)]).toEqual([uri, /sha1|sha256|sha512/.exec(uri)?.[0]])
    }
  })

  it.each(['', 'constructor', 'http://www.w3.org/2000/09/xmldsig#hmac-sha1'])('do not include "%s"', (uri) =>
    expect(hashOf(uri)).toBeUndefined(),
  )
})

describe('an enveloped signature', () => {
  const content = '<Issuer>idp</Issuer><b c="1">text</b>'
  const source = (): string => signXml(`<a ID="_1">${content}</a>`, 'a', { ...defaults, keys })
  const verified = (xml: string, trusted = [rsa]): string | undefined => {
    const element = verifyEnveloped(scanXml(xml, unlimited).root, trusted)
    return element && textWithin(element)
  }

  it('returns the element as it was signed, without the signature', () => {
    const element = verifyEnveloped(scanXml(source(), unlimited).root, [rsa])
    expect(element?.children.map(({ name }) => name)).toEqual(['Issuer', 'b'])
    expect(element?.parent).toBeUndefined()
  })

  it('returns an element that shares nothing with the parsed one', () => {
    const arrived = scanXml(source(), unlimited).root
    expect(verifyEnveloped(arrived, [rsa])?.children[1]).not.toBe(arrived.children[2])
  })

  it.each([
    [algorithms.rsaSha256, algorithms.sha256],
    [algorithms.rsaSha512, algorithms.sha512],
    [algorithms.rsaSha1, algorithms.sha1],
    [algorithms.rsaPss, algorithms.sha256],
  ])('by xml-crypto is valid with %s over %s', (signatureAlgorithm, digestAlgorithm) => {
    const options = { ...defaults, keys, signatureAlgorithm, digestAlgorithm }
    expect(verified(signXml(`<a ID="_1">${content}</a>`, 'a', options))).toBe('idptext')
  })

  it.each<[string, (xml: string) => string]>([
    ['another text', (xml) => xml.replace('>text<', '>other<')],
    ['another attribute', (xml) => xml.replace('c="1"', 'c="2"')],
    ['another element', (xml) => xml.replace('<b ', '<b/><b ')],
    ['another ID', (xml) => xml.replace('ID="_1"', 'ID="_2"')],
    ['no ID', (xml) => xml.replace(' ID="_1"', '')],
    ['a second signature', (xml) => xml.replace(/<ds:Signature [^]*<\/ds:Signature>/, '$&$&')],
    ['no signature', (xml) => xml.replace(/<ds:Signature [^]*<\/ds:Signature>/, '')],
    ['a signature in another namespace', (xml) => xml.replace('2000/09/xmldsig#', '2000/09/other#')],
    ['another digest', (xml) => xml.replace(/(<ds:DigestValue>)../, '$1AA')],
    ['another signature value', (xml) => xml.replace(/(<ds:SignatureValue>)../, '$1AA')],
    ['another digest algorithm', (xml) => xml.replace(algorithms.sha256, algorithms.sha512)],
    ['another signature algorithm', (xml) => xml.replace(algorithms.rsaSha256, algorithms.rsaSha512)],
    ['an unknown canonicalization', (xml) => xml.replaceAll(algorithms.exclusive, 'urn:none')],
  ])('is invalid with %s', (_, change) => {
    const genuine = source()
    expect(change(genuine)).not.toBe(genuine)
    expect(verified(change(genuine))).toBeUndefined()
  })

  it('is invalid with the key in its own KeyInfo', () => {
    const xml = source()
    expect(xml).toContain(keys.cert.replace(/-----[^-]+-----|\s/g, '').slice(0, 100))
    expect(verified(xml, [publicKey(stranger)])).toBeUndefined()
    expect(verified(xml, [])).toBeUndefined()
  })

  it('covers text that a comment splits', () => {
    expect(verified(source().replace('text', 'te<!-- x -->xt'))).toBe('idptext')
    expect(verified(source().replace('text', 'te<![CDATA[xt]]>'))).toBe('idptext')
  })

  it('has the digest of the canonical text', () => {
    const digest = createHash('sha256').update(`<a ID="_1">${content}</a>`).digest('base64')
    expect(source()).toContain(digest)
  })
})

function publicKey({ cert }: Keys): KeyObject {
  return new X509Certificate(cert).publicKey
}
