import { type CipherGCMTypes, createDecipheriv } from 'node:crypto'

const XENC = 'http://www.w3.org/2001/04/xmlenc#'
const XENC11 = 'http://www.w3.org/2009/xmlenc11#'
const DSIG = 'http://www.w3.org/2000/09/xmldsig#'
const MORE = 'http://www.w3.org/2001/04/xmldsig-more#'

/** XML Encryption 3.1. */
export const ENCRYPTION_NS = XENC
export const ENCRYPTION_11_NS = XENC11

/** `isIntact` is false if the content was changed, or encrypted by another key; then the rest is of no use. */
export interface Decrypted {
  bytes: Buffer
  isIntact: boolean
}

export interface Cipher {
  keyBytes: number
  decrypt: (key: Buffer, content: Buffer) => Decrypted
}

/** Block encryption (XML Encryption 5.2). Triple DES is missing on purpose. */
export const ciphers: ReadonlyMap<string, Cipher> = new Map([
  [`${XENC}aes128-cbc`, cbc('aes-128-cbc', 16)],
  [`${XENC}aes192-cbc`, cbc('aes-192-cbc', 24)],
  [`${XENC}aes256-cbc`, cbc('aes-256-cbc', 32)],
  [`${XENC11}aes128-gcm`, gcm('aes-128-gcm', 16)],
  [`${XENC11}aes192-gcm`, gcm('aes-192-gcm', 24)],
  [`${XENC11}aes256-gcm`, gcm('aes-256-gcm', 32)],
])

/** Key transport (XML Encryption 5.5). RSA 1.5 is missing on purpose: an attacker who asks often enough undoes it. */
export const keyTransports: ReadonlySet<string> = new Set([`${XENC}rsa-oaep-mgf1p`, `${XENC11}rsa-oaep`])

/** The DigestMethods of RSA-OAEP. Those of `xmldsig#` but SHA-1 are in no standard; some software writes them. */
export const oaepDigests: ReadonlyMap<string, string> = new Map([
  [`${DSIG}sha1`, 'sha1'],
  [`${MORE}sha224`, 'sha224'],
  [`${XENC}sha256`, 'sha256'],
  [`${MORE}sha384`, 'sha384'],
  [`${XENC}sha512`, 'sha512'],
  [`${DSIG}sha256`, 'sha256'],
  [`${DSIG}sha384`, 'sha384'],
  [`${DSIG}sha512`, 'sha512'],
])

/** XML Encryption 5.5.2: the MGF of `rsa-oaep`. */
export const oaepMasks: ReadonlyMap<string, string> = new Map(
  ['sha1', 'sha224', 'sha256', 'sha384', 'sha512'].map((hash) => [`${XENC11}mgf1${hash}`, hash]),
)

const BLOCK = 16

function cbc(name: string, keyBytes: number): Cipher {
  const decrypt = (key: Buffer, content: Buffer): Decrypted => {
    const decipher = createDecipheriv(name, key, content.subarray(0, BLOCK)).setAutoPadding(false)
    const padded = Buffer.concat([decipher.update(content.subarray(BLOCK)), decipher.final()])
    // The last byte says how long the padding is; its other bytes are arbitrary.
    const padding = padded.at(-1) ?? 0
    const isIntact = padding >= 1 && padding <= BLOCK
    return { bytes: padded.subarray(0, padded.length - (isIntact ? padding : BLOCK)), isIntact }
  }
  return { keyBytes, decrypt }
}

function gcm(name: CipherGCMTypes, keyBytes: number): Cipher {
  const decrypt = (key: Buffer, content: Buffer): Decrypted => {
    const decipher = createDecipheriv(name, key, content.subarray(0, 12), { authTagLength: BLOCK })
    decipher.setAuthTag(content.subarray(-BLOCK))
    return {
      bytes: Buffer.concat([decipher.update(content.subarray(12, -BLOCK)), decipher.final()]),
      isIntact: true,
    }
  }
  return { keyBytes, decrypt }
}
