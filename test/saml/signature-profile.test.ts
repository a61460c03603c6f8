import { acceptsAlgorithm, signingKeys } from '../../src/saml/signature-profile'
import { samlSource } from '../helpers/saml-app'
import { algorithms, createKeys, type Keys } from '../helpers/saml-idp'

let keys: Keys
beforeAll(async () => {
  keys = await createKeys('idp')
})

describe('the keys of a source', () => {
  it('are parsed once', () => {
    const source = samlSource('okta', keys.cert)
    expect(signingKeys(source)).toHaveLength(1)
    expect(signingKeys(source)).toBe(signingKeys(source))
    expect(signingKeys(samlSource('okta', keys.cert))).not.toBe(signingKeys(source))
  })

  it('come from its readable certificates, PEM or bare base64', () => {
    const bare = keys.cert.replace(/-----[^-]+-----|\s/g, '')
    const source = samlSource('okta', '', { idpCert: ['none', keys.cert, bare] })
    const pem = signingKeys(source).map((key) => key.export({ type: 'spki', format: 'pem' }))
    expect(pem).toEqual([keys.publicKey, keys.publicKey].map((key) => key.replace(/\r/g, '')))
  })
})

it('accepts SHA-1 only for a source that allows it', () => {
  const source = samlSource('okta', keys.cert)
  const allowing = samlSource('okta', keys.cert, { allowSha1: true })
  for (const algorithm of [algorithms.rsaSha1, algorithms.sha1]) {
    expect([acceptsAlgorithm(source, algorithm), acceptsAlgorithm(allowing, algorithm)]).toEqual([
      false,
      true,
    ])
  }
  for (const algorithm of [algorithms.rsaSha256, algorithms.rsaPss, algorithms.sha512]) {
    expect(acceptsAlgorithm(source, algorithm)).toBe(true)
  }
  expect(acceptsAlgorithm(allowing, 'http://www.w3.org/2001/04/xmldsig-more#md5')).toBe(false)
})
