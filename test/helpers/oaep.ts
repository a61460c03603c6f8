import { constants, createHash, publicEncrypt, randomBytes } from 'node:crypto'

/** Encrypts with RSA-OAEP (RFC 8017 7.1.1) under any two hash functions; node:crypto has but one for both. */
export function oaepEncrypt(
  certificate: string,
  message: Buffer,
  { hash = 'sha1', mask = 'sha1', label = Buffer.alloc(0), bytes = 256 },
): Buffer {
  const labelHash = createHash(hash).update(label).digest()
  const seed = randomBytes(labelHash.length)
  const block = Buffer.alloc(bytes - 1 - seed.length)
  labelHash.copy(block)
  block[block.length - message.length - 1] = 1
  message.copy(block, block.length - message.length)
  const maskedBlock = xor(block, mgf1(mask, seed, block.length))
  const maskedSeed = xor(seed, mgf1(mask, maskedBlock, seed.length))
  const encoded = Buffer.concat([Buffer.alloc(1), maskedSeed, maskedBlock])
  return publicEncrypt({ key: certificate, padding: constants.RSA_NO_PADDING }, encoded)
}

function mgf1(hash: string, seed: Buffer, bytes: number): Buffer {
  let mask = Buffer.alloc(0)
  for (let counter = 0; mask.length < bytes; counter++) {
    const block = createHash(hash)
      .update(seed)
      .update(Buffer.from([0, 0, 0, counter]))
      .digest()
    mask = Buffer.concat([mask, block])
  }
  return mask.subarray(0, bytes)
}

function xor(a: Buffer, b: Buffer): Buffer {
  return Buffer.from(a.map((byte, i) => byte ^ b[i]!))
}
