import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { JitError } from '../errors'
import type { SecretOption } from '../sources/option-places'
import type { EncryptionKey } from './options'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** `id`: tells which key of the list encrypted a secret. Reveals nothing about the key. */
type Key = { id: string; key: KeyObject }

/** Encrypts the secrets of sources with AES-256-GCM, bound to their record and option (NIST SP 800-38D). */
export class SecretBox {
  readonly #keys: readonly Key[]

  /** Throws JitError `invalid_configuration` unless every key has 32 bytes. */
  constructor(encryptionKey: EncryptionKey) {
    const keys: readonly unknown[] = Array.isArray(encryptionKey) ? encryptionKey : [encryptionKey]
    if (keys.length === 0) throw refusedKey('got an empty list')
    this.#keys = keys.map(readKey)
  }

  /** Encrypts with the first key. */
  seal(record: string, option: SecretOption, secret: string): string {
    const { id, key } = this.#keys[0]!
    const iv = randomBytes(IV_BYTES)
    const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(binding(record, option))
    const text = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()])
    return [id, ...[iv, text, cipher.getAuthTag()].map((part) => part.toString('base64url'))].join('.')
  }

  /** Undefined if no key opens it, it was altered, or it belongs to another record or option. */
  open(record: string, option: SecretOption, sealed: unknown): string | undefined {
    if (typeof sealed !== 'string') return undefined
    const [keyId, ...rest] = sealed.split('.')
    const parts = rest.map((part) => Buffer.from(part, 'base64url'))
    const keys = this.#keys.filter(({ id }) => id === keyId)
    const secrets = keys.map(({ key }) => decrypt(key, binding(record, option), parts))
    return secrets.find((secret) => secret !== undefined)
  }
}

function decrypt(key: KeyObject, bound: Buffer, [iv, text, tag]: Buffer[]): string | undefined {
  try {
    // Without a length, Node.js would also accept a tag of 4 bytes.
    const decipher = createDecipheriv('aes-256-gcm', key, iv!, { authTagLength: TAG_BYTES })
    decipher.setAAD(bound).setAuthTag(tag!)
    return Buffer.concat([decipher.update(text!), decipher.final()]).toString('utf8')
  } catch {
    return undefined
  }
}

function binding(record: string, option: SecretOption): Buffer {
  return Buffer.from(`passport-jit source secret\n${record}\n${option}`)
}

function readKey(encoded: unknown): Key {
  const bytes = typeof encoded === 'string' ? fromBase64(encoded) : encoded
  if (!(bytes instanceof Uint8Array)) throw refusedKey(`got ${shapeOf(encoded)}`)
  if (bytes.length !== KEY_BYTES) throw refusedKey(`got ${bytes.length} bytes`)
  const id = createHash('sha256').update('passport-jit key id\n').update(bytes).digest('hex').slice(0, 8)
  return { id, key: createSecretKey(bytes) }
}

/** Strict, since Node.js skips characters that aren't base64, and would make a key of most passphrases. */
function fromBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}

function shapeOf(value: unknown): string {
  if (typeof value === 'string') return `a string of ${value.length} characters that is not base64`
  return value === undefined || value === null ? 'none' : `a value of type ${typeof value}`
}

function refusedKey(got: string): JitError {
  const rule = `must be 32 random bytes, as a Buffer or in base64, or a list of such (${got})`
  const remedy = 'a passphrase isn’t a key: make one with `openssl rand -base64 32`'
  return new JitError('invalid_configuration', `mongoSources: encryptionKey: ${rule}; ${remedy}`)
}
