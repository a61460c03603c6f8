import { describeCertificate, parseCertificate, pemBlocks } from '../../src/sources/certificates'
import { createKeys } from '../helpers/saml-idp'

let pem: string
let other: string
beforeAll(async () => {
  const keys = await Promise.all(['one.example', 'other.example'].map(createKeys))
  ;[pem, other] = keys.map(({ cert }) => cert) as [string, string]
})

const bare = (text: string): string => text.replace(/-----[^-]+-----|\s/g, '')

describe('a certificate', () => {
  it.each<[string, () => string]>([
    ['PEM', () => pem],
    ['PEM after a comment', () => `Bag Attributes\n${pem}`],
    ['bare base64', () => bare(pem)],
    ['bare base64 in several lines', () => bare(pem).replace(/.{64}/g, '$&\r\n')],
    ['the first of several PEM blocks', () => `${pem}\n${other}`],
  ])('is parsed from %s', (_, text) =>
    expect(describeCertificate(parseCertificate(text()))).toEqual({
      subject: 'CN=one.example',
      notAfter: expect.any(Date),
    }),
  )

  it.each<[string, () => string]>([
    ['an empty text', () => ''],
    ['another text', () => 'certificate'],
    ['half a certificate', () => bare(pem).slice(0, 400)],
    ['another PEM block', () => pem.replaceAll('CERTIFICATE', 'PUBLIC KEY')],
  ])('is not parsed from %s', (_, text) => expect(() => parseCertificate(text())).toThrow())
})

describe('the PEM blocks of a text', () => {
  it('are returned in order', () => {
    expect(pemBlocks(`first:\n${pem}\n\nsecond:\n${other}\n`)).toEqual([pem.trim(), other.trim()])
  })

  it('are empty for bare base64', () => expect(pemBlocks(bare(pem))).toEqual([]))
})
