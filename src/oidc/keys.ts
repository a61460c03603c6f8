import {
  errors as joseErrors,
  importJWK,
  type JWTHeaderParameters,
  jwtVerify,
  type JWTVerifyOptions,
  type JWTVerifyResult,
} from 'jose'
import type { z } from 'zod'
import { publicKey } from './documents'

/** A public key in a provider's key set. */
export type PublicKey = z.infer<typeof publicKey>

/** The shortest RSA key whose signatures are accepted, in bits (RFC 7518 3.3). */
export const MIN_RSA_BITS = 2048

/** The maximum number of keys to try for one token. An EC key takes milliseconds. */
const MAX_TRIES = 10

const curves: Record<string, readonly string[]> = {
  ES256: ['P-256'],
  ES384: ['P-384'],
  ES512: ['P-521'],
  EdDSA: ['Ed25519', 'Ed448'],
}

/** The keys of a set that this library can read; the others are ignored (RFC 7517 5). */
export function readableKeys(keys: readonly unknown[]): PublicKey[] {
  return keys.flatMap((key) => publicKey.safeParse(key).data ?? [])
}

/** The length of an RSA key in bits; undefined for other keys. */
export function rsaBits({ kty, n }: PublicKey): number | undefined {
  if (kty !== 'RSA' || !n) return undefined
  const modulus = Buffer.from(n, 'base64url').toString('hex')
  return BigInt(`0x0${modulus}`).toString(2).length
}

/** Whether a key may verify signatures of an algorithm (RFC 7517 4, RFC 7518 6). */
export function isKeyFor(key: PublicKey, algorithm: string): boolean {
  const isOfType = curves[algorithm]?.includes(key.crv ?? '') ?? key.kty === 'RSA'
  const { use = 'sig', key_ops: operations = [] } = key
  const isMeant = use === 'sig' && (operations.length === 0 || operations.includes('verify'))
  return isOfType && isMeant && (key.alg ?? algorithm) === algorithm
}

/** The only keys that fit a token are RSA keys that are too short. */
export class ShortKey extends Error {
  constructor(
    readonly key: string,
    readonly bits: number,
  ) {
    super('the key is too short')
  }
}

/**
 * Verifies a JWT with each key that fits its header, until one succeeds. A provider may publish two keys with the same
 * `kid`, or leave `kid` out. Rejects with jose's errors, or ShortKey.
 */
export async function verifyWith(
  keys: readonly PublicKey[],
  jwt: string,
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  let untried: PublicKey[] | undefined
  const nextKey = (header: JWTHeaderParameters): ReturnType<typeof importJWK> => {
    untried ??= fittingKeys(keys, header)
    const key = untried.shift()
    if (!key) throw new joseErrors.JWKSNoMatchingKey()
    return importJWK(key, header.alg).catch(() => {
      throw new joseErrors.JWSSignatureVerificationFailed()
    })
  }
  for (;;) {
    try {
      return await jwtVerify(jwt, nextKey, options)
    } catch (error) {
      const isMismatch = error instanceof joseErrors.JWSSignatureVerificationFailed
      if (!isMismatch || !untried?.length) throw error
    }
  }
}

/** Throws ShortKey. */
function fittingKeys(keys: readonly PublicKey[], { alg, kid }: JWTHeaderParameters): PublicKey[] {
  const fitting = keys.filter((key) => isKeyFor(key, alg) && (kid === undefined || (key.kid ?? kid) === kid))
  const long = fitting.filter((key) => (rsaBits(key) ?? MIN_RSA_BITS) >= MIN_RSA_BITS)
  const [short] = fitting
  if (short && long.length === 0) throw new ShortKey(short.kid ?? '', rsaBits(short) ?? 0)
  return long.slice(0, MAX_TRIES)
}
