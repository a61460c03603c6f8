import { constants, createHash, type KeyObject, verify } from 'node:crypto'

/** XML Signature 4.1. */
export const SIGNATURE_NS = 'http://www.w3.org/2000/09/xmldsig#'

const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'
const MORE_2007 = 'http://www.w3.org/2007/05/xmldsig-more#'

type Hash = 'sha1' | 'sha256' | 'sha384' | 'sha512'

interface SignatureAlgorithm {
  hash: Hash
  keyTypes: readonly KeyObject['asymmetricKeyType'][]
  padding?: { padding: number; saltLength?: number }
}

function pkcs1(hash: Hash): SignatureAlgorithm {
  return { hash, keyTypes: ['rsa'], padding: { padding: constants.RSA_PKCS1_PADDING } }
}

function pss(hash: Hash): SignatureAlgorithm {
  const saltLength = constants.RSA_PSS_SALTLEN_DIGEST
  return {
    hash,
    keyTypes: ['rsa', 'rsa-pss'],
    padding: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength },
  }
}

function ecdsa(hash: Hash): SignatureAlgorithm {
  return { hash, keyTypes: ['ec'] }
}

/** XML Signature 6.4, RFC 9231 2.3. Without HMAC: a public key is no secret. */
const signatureAlgorithms: ReadonlyMap<string, SignatureAlgorithm> = new Map([
  [`${SIGNATURE_NS}rsa-sha1`, pkcs1('sha1')],
  [`${MORE}rsa-sha256`, pkcs1('sha256')],
  [`${MORE}rsa-sha384`, pkcs1('sha384')],
  [`${MORE}rsa-sha512`, pkcs1('sha512')],
  [`${MORE_2007}sha256-rsa-MGF1`, pss('sha256')],
  [`${MORE_2007}sha384-rsa-MGF1`, pss('sha384')],
  [`${MORE_2007}sha512-rsa-MGF1`, pss('sha512')],
  [`${MORE}ecdsa-sha256`, ecdsa('sha256')],
  [`${MORE}ecdsa-sha384`, ecdsa('sha384')],
  [`${MORE}ecdsa-sha512`, ecdsa('sha512')],
])

/** XML Signature 6.2, RFC 9231 2.1. */
const digestAlgorithms: ReadonlyMap<string, Hash> = new Map([
  [`${SIGNATURE_NS}sha1`, 'sha1'],
  ['http://www.w3.org/2001/04/xmlenc#sha256', 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  ['http://www.w3.org/2001/04/xmlenc#sha512', 'sha512'],
])

/** The hash function of a signature or digest algorithm; undefined if the algorithm is not supported. */
export function hashOf(algorithm: string): Hash | undefined {
  return signatureAlgorithms.get(algorithm)?.hash ?? digestAlgorithms.get(algorithm)
}

/** Whether a key is of the type that a signature algorithm needs. */
export function fitsAlgorithm({ asymmetricKeyType }: KeyObject, algorithm: string): boolean {
  return signatureAlgorithms.get(algorithm)?.keyTypes.includes(asymmetricKeyType) === true
}

/** Undefined if the digest algorithm is not supported. */
export function digestOf(text: string, algorithm: string): Buffer | undefined {
  const hash = digestAlgorithms.get(algorithm)
  return hash && createHash(hash).update(text).digest()
}

/** How an ECDSA signature is written: both integers side by side, or in ASN.1. */
export type EcdsaFormat = 'ieee-p1363' | 'der'

interface Signature {
  text: string
  algorithm: string
  value: Buffer
  ecdsaFormats: readonly EcdsaFormat[]
}

/** Whether one of these keys, of the algorithm's type, made a signature. */
export function signatureHolds(
  { text, algorithm, value, ecdsaFormats }: Signature,
  keys: readonly KeyObject[],
): boolean {
  const method = signatureAlgorithms.get(algorithm)
  if (!method) return false
  const formats = method.padding ? [undefined] : ecdsaFormats
  return keys
    .filter((key) => fitsAlgorithm(key, algorithm))
    .some((key) =>
      formats.some((dsaEncoding) => {
        try {
          return verify(method.hash, Buffer.from(text), { key, ...method.padding, dsaEncoding }, value)
        } catch {
          // OpenSSL refuses some keys and lengths with an error.
          return false
        }
      }),
    )
}
