import { randomBytes } from 'node:crypto'
import { inspect } from 'node:util'
import { createConnection } from 'mongoose'
import { type EncryptionKey, mongoSources } from '../../src/index'
import { SecretBox } from '../../src/stored-sources/secret-box'

const key = randomBytes(32)
const other = randomBytes(32)
const option = 'oidc.clientSecret'
const box = new SecretBox(key)

describe('mongoSources()', () => {
  const connection = createConnection()
  const make = (encryptionKey: unknown): unknown =>
    mongoSources(connection, { encryptionKey: encryptionKey as EncryptionKey })

  it.each<[string, unknown]>([
    ['a Buffer', key],
    ['base64', key.toString('base64')],
    ['a list of both', [key, other.toString('base64')]],
  ])('accepts a key of 32 bytes as %s', (_, given) => {
    expect(() => make(given)).not.toThrow()
  })

  it.each<[string, unknown, string]>([
    ['a passphrase', 'correct horse battery staple', 'a string of 28 characters that is not base64'],
    ['a passphrase of 32 characters', 'correct horse battery staple 123', 'a string of 32 characters'],
    ['a passphrase in base64', Buffer.from('correct horse').toString('base64'), 'got 13 bytes'],
    ['32 bytes in hex', key.toString('hex'), 'got 48 bytes'],
    ['base64 with a line break', `${key.toString('base64')}\n`, 'a string of 45 characters'],
    ['base64 without padding', key.toString('base64').replace('=', ''), 'a string of 43 characters'],
    ['base64url', Buffer.alloc(32, 0xfb).toString('base64url') + '=', 'a string of 44 characters'],
    ['16 bytes', randomBytes(16), 'got 16 bytes'],
    ['33 bytes', randomBytes(33), 'got 33 bytes'],
    ['nothing', undefined, 'got none'],
    ['an empty string', '', 'got 0 bytes'],
    ['a number', 32, 'a value of type number'],
    ['an empty list', [], 'an empty list'],
    ['a list with an invalid key', [key, 'abc'], 'a string of 3 characters'],
  ])('refuses %s, and describes a valid key', (_, given, got) => {
    expect(() => make(given)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', message: expect.stringContaining(got) }),
    )
    expect(() => make(given)).toThrow('encryptionKey: must be 32 random bytes')
  })

  it('never shows a refused key', () => {
    expect(() => make('correct horse battery staple')).not.toThrow('correct')
  })

  it('never shows its key', () => {
    const shown = inspect(make(key), { depth: 10, showHidden: true })
    expect(shown).not.toContain(key.toString('hex').slice(0, 8))
    expect(shown).not.toContain(inspect(key).slice(8, 30))
  })
})

describe('a secret', () => {
  it('is decrypted unchanged, with any characters', () => {
    expect(box.open('acme', option, box.seal('acme', option, 'hüsh-日本'))).toBe('hüsh-日本')
  })

  it('is encrypted differently each time', () => {
    const sealed = Array.from({ length: 50 }, () => box.seal('acme', option, 'hush').split('.')[1])
    expect(new Set(sealed).size).toBe(50)
  })

  it('cannot be decrypted in another record or as another option', () => {
    const sealed = box.seal('acme', option, 'hush')
    expect(box.open('other', option, sealed)).toBeUndefined()
    expect(box.open('acme', 'saml.privateKey', sealed)).toBeUndefined()
  })

  it('is decrypted with any key of the list, and encrypted with the first', () => {
    const old = box.seal('acme', option, 'hush')
    const rotated = new SecretBox([other, key])
    expect(rotated.open('acme', option, old)).toBe('hush')
    const fresh = rotated.seal('acme', option, 'hush')
    expect(box.open('acme', option, fresh)).toBeUndefined()
    expect(new SecretBox(other).open('acme', option, fresh)).toBe('hush')
  })

  it.each([0, 1, 2, 3])('cannot be decrypted if part %i was changed', (part) => {
    const parts = box.seal('acme', option, 'hush').split('.')
    parts[part] = (parts[part]!.startsWith('0') ? '1' : '0') + parts[part]!.slice(1)
    expect(box.open('acme', option, parts.join('.'))).toBeUndefined()
  })

  it('cannot be decrypted with a shortened tag', () => {
    const parts = box.seal('acme', option, 'hush').split('.')
    parts[3] = Buffer.from(parts[3]!, 'base64url').subarray(0, 12).toString('base64url')
    expect(box.open('acme', option, parts.join('.'))).toBeUndefined()
  })

  it.each([undefined, null, '', 'hush', '....', 7, {}])('is not found in %p', (sealed) => {
    expect(box.open('acme', option, sealed)).toBeUndefined()
  })
})
