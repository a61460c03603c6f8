/*
 * RSA-OAEP (RFC 8017 7.1.2). node:crypto uses one hash function for the label and for the mask, but XML Encryption 5.5.2
 * allows two, and `rsa-oaep-mgf1p` always masks with SHA-1. So the padding is taken off here, at the same work for every
 * ciphertext: nothing ends early, and nothing but the result depends on what was decrypted.
 */
import { constants, createHash, type KeyObject, privateDecrypt, randomBytes } from 'node:crypto'

export interface Padding {
  hash: string
  /** The hash function of the mask (MGF1). */
  mask: string
  label: Buffer
}

/**
 * Takes a key of so many bytes out of a ciphertext, by whichever of these paddings fits. `isKey` is 1, or 0 where none
 * does; then the key is random. The ciphertext is as long as the modulus.
 */
export function unwrapKey(
  { ciphertext, privateKey }: { ciphertext: Buffer; privateKey: KeyObject },
  paddings: readonly Padding[],
  keyBytes: number,
): { key: Buffer; isKey: number } {
  const { encoded, isNumber } = decryptRaw(ciphertext, privateKey)
  let key: Buffer = randomBytes(keyBytes)
  let isKey = 0
  for (const padding of paddings) {
    const { message, fits } = unpad(encoded, padding, keyBytes)
    key = choose(fits & isNumber, message, key)
    isKey |= fits & isNumber
  }
  return { key, isKey }
}

/** OpenSSL refuses a number that is not below the modulus, which anyone can see. */
function decryptRaw(ciphertext: Buffer, key: KeyObject): { encoded: Buffer; isNumber: number } {
  try {
    return { encoded: privateDecrypt({ key, padding: constants.RSA_NO_PADDING }, ciphertext), isNumber: 1 }
  } catch {
    return { encoded: Buffer.alloc(ciphertext.length), isNumber: 0 }
  }
}

/** The length of the message is known, so each byte has one place. `fits` is 1 or 0. */
function unpad(
  encoded: Buffer,
  { hash, mask, label }: Padding,
  bytes: number,
): { message: Buffer; fits: number } {
  const expected = createHash(hash).update(label).digest()
  const { length: hashBytes } = expected
  const start = encoded.length - bytes
  if (start - 1 < 1 + 2 * hashBytes) return { message: Buffer.alloc(bytes), fits: 0 }
  const [maskedSeed, masked] = [encoded.subarray(1, 1 + hashBytes), encoded.subarray(1 + hashBytes)]
  const seed = xor(maskedSeed, maskOf(mask, masked, hashBytes))
  const block = xor(masked, maskOf(mask, seed, masked.length))
  const one = block.length - bytes - 1
  let difference = encoded[0]! | (block[one]! ^ 1)
  for (let i = 0; i < hashBytes; i++) difference |= block[i]! ^ expected[i]!
  for (let i = hashBytes; i < one; i++) difference |= block[i]!
  // 1 for 0, and 0 for every other byte.
  return { message: block.subarray(one + 1), fits: ((difference - 1) >>> 31) & 1 }
}

/** The first if `which` is 1, the second if it is 0. Both are of one length. */
export function choose(which: number, first: Buffer, second: Buffer): Buffer {
  return Buffer.from(second.map((byte, i) => byte ^ (-which & (byte ^ first[i]!))))
}

/** MGF1 (RFC 8017 B.2.1). */
function maskOf(hash: string, seed: Buffer, bytes: number): Buffer {
  const blocks: Buffer[] = []
  for (let [counter, length] = [Buffer.alloc(4), 0]; length < bytes;) {
    counter.writeUInt32BE(blocks.length)
    const block = createHash(hash).update(seed).update(counter).digest()
    blocks.push(block)
    length += block.length
  }
  return Buffer.concat(blocks).subarray(0, bytes)
}

function xor(first: Buffer, second: Buffer): Buffer {
  return Buffer.from(first.map((byte, i) => byte ^ second[i]!))
}
