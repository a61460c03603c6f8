import { holdsSecret } from '../../src/sources/secret-text'
import { expectLinear } from '../helpers/cpu'

describe('secrets in a text', () => {
  it.each([
    ['a URL with a password', 'see https://app:hush@op.example/x'],
    ['a password with an @', 'https://app:hu@sh@op.example'],
    ['the second URL of a text', 'https://op.example, ldap://cn=app:hush@ldap.example'],
    ['a private key', '-----BEGIN EC PRIVATE KEY-----\nhush'],
  ])('are found in %s', (_, text) => expect(holdsSecret(text)).toBe(true))

  it.each([
    ['a URL', 'https://op.example:8443/a:b@c'],
    ['a URL with a user name', 'https://app@op.example'],
    ['an email', 'mailto:ann@corp.example'],
    ['a certificate', '-----BEGIN CERTIFICATE-----'],
    ['a value that is not a string', 7],
  ])('are not found in %s', (_, value) => expect(holdsSecret(value)).toBe(false))

  it.each<[size: number, long: (size: number) => string]>([
    [1_000_000, (size) => 'x://' + ':'.repeat(size)],
    [300_000, (size) => '://:'.repeat(size)],
    [100_000, (size) => '-----BEGIN '.repeat(size)],
  ])('are searched quickly in a long text', (size, long) =>
    expectLinear(size, (part) => {
      const text = long(part)
      return () => expect(holdsSecret(text)).toBe(false)
    }),
  )
})
