import { constants, createCipheriv, publicEncrypt, randomBytes } from 'node:crypto'
import { decrypt as xmlEncryption } from 'xml-encryption'
import { decryptContent, readEncryption, unacceptedAlgorithm } from '../../../src/saml/xml/encryption'
import { scanXml } from '../../../src/saml/xml/scan'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { oaepEncrypt } from '../../helpers/oaep'
import { createKeys, type Keys } from '../../helpers/saml-idp'

const XENC = 'http://www.w3.org/2001/04/xmlenc#'
const XENC11 = 'http://www.w3.org/2009/xmlenc11#'
const DSIG = 'http://www.w3.org/2000/09/xmldsig#'

let keys: Keys
let stranger: Keys
beforeAll(async () => {
  ;[keys, stranger] = (await Promise.all(['sp', 'stranger'].map(createKeys))) as [Keys, Keys]
})

interface Shape {
  text: string
  cipher: keyof typeof ciphers
  /** The padding of CBC. */
  padded: (bytes: Buffer) => Buffer
  /** Changes the cipher text. */
  changed: (bytes: Buffer) => Buffer
  oaepHash: string
  /** The hash function of OAEP's mask. Default: `oaepHash`. */
  mask?: string
  keyMethod: string
  /** The algorithm of MGF in the key's EncryptionMethod. */
  mgf?: string
  oaepParams?: string
  /** In the EncryptionMethod of the key. */
  digest: string
  /** The place of the key: in KeyInfo, or next to EncryptedData with a reference to it. */
  reference?: string
  keyId: string
}

const ciphers = {
  'aes-128-cbc': { uri: `${XENC}aes128-cbc`, keyBytes: 16, ivBytes: 16 },
  'aes-256-cbc': { uri: `${XENC}aes256-cbc`, keyBytes: 32, ivBytes: 16 },
  'aes-128-gcm': { uri: `${XENC11}aes128-gcm`, keyBytes: 16, ivBytes: 12 },
  'aes-256-gcm': { uri: `${XENC11}aes256-gcm`, keyBytes: 32, ivBytes: 12 },
  'aes-192-cbc': { uri: `${XENC}aes192-cbc`, keyBytes: 24, ivBytes: 16 },
  'aes-192-gcm': { uri: `${XENC11}aes192-gcm`, keyBytes: 24, ivBytes: 12 },
  'des-ede3-cbc': { uri: `${XENC}tripledes-cbc`, keyBytes: 24, ivBytes: 8 },
} as const

/** XML Encryption 5.2: arbitrary bytes, then their number. */
function paddedTo(blockBytes: number): (bytes: Buffer) => Buffer {
  return (bytes) => {
    const length = blockBytes - (bytes.length % blockBytes)
    return Buffer.concat([bytes, randomBytes(length - 1), Buffer.from([length])])
  }
}

function encrypted(changes: Partial<Shape> = {}): string {
  const shape: Shape = {
    ...{ text: '<a>ü</a>', cipher: 'aes-256-gcm', padded: paddedTo(16), changed: (bytes) => bytes },
    ...{ oaepHash: 'sha1', keyMethod: `${XENC}rsa-oaep-mgf1p`, digest: '', keyId: '_key' },
    ...changes,
  }
  const { uri, keyBytes, ivBytes } = ciphers[shape.cipher]
  const [key, iv] = [randomBytes(keyBytes), randomBytes(ivBytes)]
  const content = contentBytes(shape, key, iv)
  const padding = shape.keyMethod.endsWith('rsa-1_5')
    ? constants.RSA_PKCS1_PADDING
    : constants.RSA_PKCS1_OAEP_PADDING
  const label = Buffer.from(shape.oaepParams ?? '')
  const sealed =
    shape.mask === undefined
      ? publicEncrypt({ key: keys.cert, padding, oaepHash: shape.oaepHash }, key)
      : oaepEncrypt(keys.cert, key, { hash: shape.oaepHash, mask: shape.mask, label })
  const digest =
    (shape.oaepParams === undefined ? '' : `<x:OAEPparams>${label.toString('base64')}</x:OAEPparams>`) +
    (shape.digest && `<ds:DigestMethod Algorithm="${shape.digest}"/>`) +
    (shape.mgf === undefined ? '' : `<y:MGF xmlns:y="${XENC11}" Algorithm="${XENC11}${shape.mgf}"/>`)
  const keyXml =
    `<x:EncryptedKey Id="${shape.keyId}"><x:EncryptionMethod Algorithm="${shape.keyMethod}">${digest}</x:EncryptionMethod>` +
    `${cipherData(sealed)}</x:EncryptedKey>`
  const inside = shape.reference === undefined ? keyXml : `<ds:RetrievalMethod URI="${shape.reference}"/>`
  return (
    `<e xmlns:x="${XENC}" xmlns:ds="${DSIG}"><x:EncryptedData><x:EncryptionMethod Algorithm="${uri}"/>` +
    `<ds:KeyInfo>${inside}</ds:KeyInfo>${cipherData(shape.changed(content))}</x:EncryptedData>` +
    `${shape.reference === undefined ? '' : keyXml}</e>`
  )
}

function contentBytes({ cipher: name, text, padded }: Shape, key: Buffer, iv: Buffer): Buffer {
  if (name === 'aes-128-gcm' || name === 'aes-192-gcm' || name === 'aes-256-gcm') {
    const cipher = createCipheriv(name, key, iv)
    return Buffer.concat([iv, cipher.update(text), cipher.final(), cipher.getAuthTag()])
  }
  const cipher = createCipheriv(name, key, iv).setAutoPadding(false)
  return Buffer.concat([iv, cipher.update(padded(Buffer.from(text))), cipher.final()])
}

function cipherData(bytes: Buffer): string {
  return `<x:CipherData><x:CipherValue>${bytes.toString('base64')}</x:CipherValue></x:CipherData>`
}

const REFUSED = Symbol('refused')

function decrypted(xml: string, key: string | Buffer = keys.key): string | typeof REFUSED {
  try {
    const { text, isIntact } = decryptContent(scanXml(xml, unlimited).root, key)
    return isIntact ? text : REFUSED
  } catch {
    return REFUSED
  }
}

/** The result of xml-encryption. */
function byXmlEncryption(xml: string): Promise<string | typeof REFUSED> {
  return new Promise((resolve) => {
    const options = { key: keys.key, warnInsecureAlgorithm: false }
    xmlEncryption(xml, options, (error, text) => resolve(error ? REFUSED : text))
  })
}

const names = [
  ...(['aes-128-cbc', 'aes-192-cbc', 'aes-256-cbc'] as const),
  ...(['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm'] as const),
]
const flipped =
  (at: number) =>
  (bytes: Buffer): Buffer => {
    const copy = Buffer.from(bytes)
    copy.writeUInt8(0xff ^ bytes.at(at)!, (at + bytes.length) % bytes.length)
    return copy
  }

describe('an encrypted text', () => {
  const shapes: [string, Partial<Shape>, boolean][] = [
    ['with its key in KeyInfo', {}, true],
    ['with its key at a RetrievalMethod', { reference: '#_key' }, true],
    ['of many blocks', { text: 'ä'.repeat(5000) }, true],
    ['with a DigestMethod of SHA-1', { digest: `${DSIG}sha1` }, true],
    [
      'with a DigestMethod of SHA-256, as xml-encryption names it',
      { digest: `${DSIG}sha256`, oaepHash: 'sha256' },
      true,
    ],
    [
      'with a DigestMethod of SHA-512, as xml-encryption names it',
      { digest: `${DSIG}sha512`, oaepHash: 'sha512' },
      true,
    ],
    ['with a DigestMethod of SHA-256 that does not match its key', { digest: `${DSIG}sha256` }, false],
    ['with a reference to a missing key', { reference: '#_other' }, false],
    ['with a reference to another document', { reference: 'https://idp.example/key' }, false],
    ['with an empty reference', { reference: '' }, false],
    ['with an XPath expression as reference', { reference: "#_key' or '1" }, false],
    ['with a key under RSA 1.5', { keyMethod: `${XENC}rsa-1_5` }, false],
    ['with a key under a block cipher', { keyMethod: `${XENC}aes128-cbc` }, false],
    ['that is cut off', { changed: (bytes) => bytes.subarray(0, 20) }, false],
    ['that is empty', { changed: () => Buffer.alloc(0) }, false],
    ['that has only its initialization vector', { changed: (bytes) => bytes.subarray(0, 16) }, false],
  ]
  describe.each(names)('by %s', (cipher) => {
    it.each(shapes)('%s', async (_, changes, isReadable) => {
      const text = changes.text ?? '<a>ü</a>'
      const xml = encrypted({ cipher, ...changes })
      expect(decrypted(xml)).toBe(isReadable ? text : REFUSED)
      // xml-encryption supports more algorithms, and follows any reference.
      const isOurs = /rsa-1_5|or '1|aes192/.test(xml)
      if (!isOurs) expect(await byXmlEncryption(xml)).toBe(isReadable ? text : REFUSED)
    })

    it('cannot be decrypted with another key', () =>
      expect(decrypted(encrypted({ cipher }), stranger.key)).toBe(REFUSED))

    it('can be decrypted with a key from a file', () =>
      expect(decrypted(encrypted({ cipher }), Buffer.from(keys.key))).toBe('<a>ü</a>'))
  })

  it('by Triple DES isn’t decrypted', () =>
    expect(decrypted(encrypted({ cipher: 'des-ede3-cbc', padded: paddedTo(8) }))).toBe(REFUSED))

  it.each(['aes-128-gcm', 'aes-192-gcm', 'aes-256-gcm'] as const)(
    'by %s is refused if one of its bytes was changed',
    (cipher) => {
      for (const at of [0, 12, 15, -17, -1]) {
        expect(decrypted(encrypted({ cipher, changed: flipped(at) }))).toBe(REFUSED)
      }
    },
  )

  it('by AES-GCM is refused with a short tag', () =>
    expect(decrypted(encrypted({ text: '', changed: (bytes) => bytes.subarray(0, 16) }))).toBe(REFUSED))

  it.each<[string, (bytes: Buffer) => Buffer, string | typeof REFUSED]>([
    [
      'any bytes before its length',
      (bytes) => Buffer.concat([bytes, Buffer.from('zzzzzzz\x08')]),
      '12345678',
    ],
    [
      'a whole block',
      (bytes) => Buffer.concat([bytes, bytes, Buffer.alloc(15, 7), Buffer.from([16])]),
      '1234567812345678',
    ],
    ['no length', (bytes) => Buffer.concat([bytes, Buffer.alloc(8)]), REFUSED],
    ['a length of more than a block', (bytes) => Buffer.concat([bytes, Buffer.alloc(8, 17)]), REFUSED],
  ])('by AES-CBC with a padding of %s', async (_, padded, expected) => {
    const xml = encrypted({ cipher: 'aes-128-cbc', text: '12345678', padded })
    expect(decrypted(xml)).toBe(expected)
    expect(await byXmlEncryption(xml)).toBe(expected)
  })

  it('can be decrypted from base64 with line breaks and comments', () => {
    const xml = encrypted().replace(/(<x:CipherValue>)(.{40})/g, '$1\n$2<!-- x -->\r\n ')
    expect(decrypted(xml)).toBe('<a>ü</a>')
  })

  it('is not decrypted if it also names an unsupported method', () => {
    const another = `<x:EncryptionMethod Algorithm="${XENC}tripledes-cbc"/>`
    expect(decrypted(encrypted().replace('</e>', `${another}</e>`))).toBe(REFUSED)
  })
})

const digests: Record<string, string> = {
  sha1: `${DSIG}sha1`,
  sha256: `${XENC}sha256`,
  sha384: 'http://www.w3.org/2001/04/xmldsig-more#sha384',
  sha512: `${XENC}sha512`,
}

describe('a key under RSA-OAEP', () => {
  describe.each([`${XENC}rsa-oaep-mgf1p`, `${XENC11}rsa-oaep`])('by %s', (keyMethod) => {
    it.each(Object.keys(digests))('is read with the digest %s, and that or SHA-1 as the mask', (oaepHash) => {
      const shape = { keyMethod, oaepHash, digest: digests[oaepHash]! }
      for (const mask of ['sha1', oaepHash]) {
        expect(decrypted(encrypted({ ...shape, mask }))).toBe('<a>ü</a>')
        expect(decrypted(encrypted({ ...shape, mask, mgf: `mgf1${mask}` }))).toBe('<a>ü</a>')
      }
    })

    it('is read with a label', () => {
      const shape = { keyMethod, oaepHash: 'sha256', digest: digests['sha256']!, mask: 'sha256' }
      const xml = encrypted({ ...shape, oaepParams: 'a label' })
      expect(decrypted(xml)).toBe('<a>ü</a>')
      expect(decrypted(xml.replace(/<x:OAEPparams>[^]*<\/x:OAEPparams>/, ''))).toBe(REFUSED)
    })

    it('isn’t read if it names another digest or mask', () => {
      const shape = { keyMethod, mask: 'sha1', oaepHash: 'sha256' }
      expect(decrypted(encrypted({ ...shape, digest: digests['sha512']! }))).toBe(REFUSED)
      expect(decrypted(encrypted(shape))).toBe(REFUSED)
      expect(decrypted(encrypted({ ...shape, digest: digests['sha256']!, mgf: 'mgf1sha256' }))).toBe(REFUSED)
    })

    it('isn’t read if one of its bytes was changed', () => {
      const value = /(<x:CipherValue>)([^<]+)(<[^]*<\/x:EncryptedKey>)/
      for (const at of [0, 1, 40, 128, 255]) {
        const xml = encrypted({ keyMethod, mask: 'sha1' }).replace(value, (_, before, base64, after) => {
          return before + flipped(at)(Buffer.from(base64, 'base64')).toString('base64') + after
        })
        expect(decrypted(xml)).toBe(REFUSED)
      }
    })
  })

  it('isn’t read if its length doesn’t fit the cipher', () => {
    const xml = encrypted({ cipher: 'aes-128-gcm' })
    expect(decrypted(xml.replace('aes128-gcm', 'aes256-gcm'))).toBe(REFUSED)
  })
})

describe('several encrypted keys', () => {
  const keyPattern = /<x:EncryptedKey[^]*<\/x:EncryptedKey>/
  const other = (method = `${XENC}rsa-oaep-mgf1p`): string =>
    `<x:EncryptedKey Id="_other" Recipient="https://other.example"><x:EncryptionMethod Algorithm="${method}"/>` +
    `${cipherData(randomBytes(256))}</x:EncryptedKey>`
  const beside = (reference: string): string =>
    encrypted().replace(
      /(<ds:KeyInfo>)([^]*<\/x:EncryptedKey>)(<\/ds:KeyInfo>[^]*)<\/e>/,
      `$1${reference}$3$2</e>`,
    )

  it.each<[string, () => string]>([
    ['ours second', () => encrypted().replace(keyPattern, (key) => other() + key)],
    ['ours first', () => encrypted().replace(keyPattern, (key) => key + other())],
    ['ours tenth', () => encrypted().replace(keyPattern, (key) => other().repeat(9) + key)],
    [
      'one under RSA 1.5 before ours',
      () => encrypted().replace(keyPattern, (key) => other(`${XENC}rsa-1_5`) + key),
    ],
    ['ours beside the data, without a reference', () => beside('')],
    ['ours beside the data, with a reference', () => beside('<ds:RetrievalMethod URI="#_key"/>')],
    ['ours beside the data, and a name', () => beside('<ds:KeyName>other</ds:KeyName>')],
    [
      'ours beside the data, before it',
      () => beside('').replace(/(<e[^>]*>)([^]*)(<x:EncryptedKey[^]*<\/x:EncryptedKey>)/, '$1$3$2'),
    ],
    ['ours beside the data, without KeyInfo', () => beside('').replace('<ds:KeyInfo></ds:KeyInfo>', '')],
    ['ours beside the data, another in KeyInfo', () => beside(other())],
    ['another beside the data', () => encrypted().replace('</e>', `${other()}</e>`)],
  ])('are read: %s', (_, make) => expect(decrypted(make())).toBe('<a>ü</a>'))

  it('aren’t read if none is for our key', () =>
    expect(decrypted(encrypted().replace(keyPattern, other().repeat(3)))).toBe(REFUSED))

  it('are tried up to a limit', () =>
    expect(decrypted(encrypted().replace(keyPattern, (key) => other().repeat(40) + key))).toBe(REFUSED))

  it.each<[string, (xml: string) => string]>([
    ['data of another namespace', (xml) => xml.replaceAll('x:EncryptedData', 'ds:EncryptedData')],
    ['two pieces of data', (xml) => xml.replace(/<x:EncryptedData>[^]*<\/x:EncryptedData>/, '$&$&')],
    ['an encrypted value that is not base64', (xml) => xml.replace(/(<x:CipherValue>)/, '$1-')],
    ['an element in the encrypted value', (xml) => xml.replace(/(<x:CipherValue>)/, '$1<a/>')],
    ['something else beside the data', (xml) => xml.replace('</e>', '<a/></e>')],
    ['no key', (xml) => xml.replace(keyPattern, '')],
    ['no cipher', (xml) => xml.replace(/<x:EncryptionMethod Algorithm="[^"]*gcm"\/>/, '')],
  ])('are refused with %s', (_, change) => {
    expect(change(encrypted())).not.toBe(encrypted())
    expect(decrypted(change(encrypted()))).toBe(REFUSED)
  })

  it.each<[string, string | undefined, Partial<Shape>]>([
    ['a block cipher', `${XENC}tripledes-cbc`, { cipher: 'des-ede3-cbc', padded: paddedTo(8) }],
    ['a key transport', `${XENC}rsa-1_5`, { keyMethod: `${XENC}rsa-1_5` }],
    ['a digest', 'urn:md5', { digest: 'urn:md5' }],
    ['a mask', `${XENC11}mgf1md5`, { mgf: 'mgf1md5' }],
    ['nothing that is accepted', undefined, {}],
  ])('name %s that isn’t accepted', (_, expected, changes) => {
    const encryption = readEncryption(scanXml(encrypted(changes), unlimited).root)
    expect(unacceptedAlgorithm(encryption)).toBe(expected)
  })
})
