import { DOMParser } from '@xmldom/xmldom'
import type { MappedField } from '../../src/sources/mapping'
import type { SamlOptions } from '../../src/sources/config'
import { spMetadata } from '../../src/saml/sp-metadata'
import { samlSource } from '../helpers/saml-app'
import { createKeys, type Keys } from '../helpers/saml-idp'

const BASE_URL = 'http://127.0.0.1/a&"b/sso'
const LOGOUT = `${BASE_URL}/okta/logout`
const MD = 'urn:oasis:names:tc:SAML:2.0:metadata'
let idp: Keys
let signing: Keys
let decryption: Keys

beforeAll(async () => {
  ;[idp, signing, decryption] = await Promise.all([
    createKeys('idp'),
    createKeys('sign'),
    createKeys('decrypt'),
  ])
})

const mapping: MappedField[] = [
  { path: 'email', label: 'E-mail', attribute: 'email', required: false },
  { path: 'firstName', label: 'First name', attribute: 'firstName', required: true },
  { path: 'custom.x', label: 'R&D <"team">', attribute: 'https://example.com/a?b&c', required: false },
]

const requested = (fields: MappedField[]): (string | null)[][] =>
  all(descriptor({}, fields), 'RequestedAttribute').map((element) =>
    ['Name', 'FriendlyName', 'isRequired'].map((name) => element.getAttribute(name)),
  )

function descriptor(saml: Partial<SamlOptions> = {}, fields = mapping, label = 'My app'): Element {
  const xml = spMetadata({ ...samlSource('okta', idp.cert, saml), label }, fields, BASE_URL)
  const fail = (problem: string): never => {
    throw new Error(problem)
  }
  const parser = new DOMParser({ errorHandler: { warning: fail, error: fail, fatalError: fail } })
  const [found] = all(parser.parseFromString(xml, 'text/xml').documentElement, 'SPSSODescriptor')
  return found as Element
}

function all(element: Element, name: string): Element[] {
  return Array.from(element.getElementsByTagNameNS(MD, name))
}

describe('SP metadata', () => {
  it('requests the first name of each field, and lists a shared name once', () => {
    const shared = { path: 'lastName', label: 'Last name', attribute: 'name', required: true }
    expect(
      requested([
        { path: 'email', label: 'E-mail', attribute: 'email', alternatives: ['upn'], required: false },
        { path: 'displayName', label: 'Display name', attribute: 'name', required: false },
        shared,
      ]),
    ).toEqual([
      ['email', 'E-mail', 'false'],
      ['name', 'Display name', 'true'],
    ])
  })

  it('names the entity and its assertion consumer service', () => {
    const sp = descriptor()
    expect((sp.parentNode as Element).getAttribute('entityID')).toBe('http://127.0.0.1/sso/okta/metadata')
    const [acs] = all(sp, 'AssertionConsumerService')
    expect(acs?.getAttribute('Location')).toBe('http://127.0.0.1/sso/okta/callback')
    expect(acs?.getAttribute('Binding')).toBe('urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST')
  })

  it('names the logout service, by HTTP-Redirect and HTTP-POST, if the source supports logout', () => {
    const services = all(descriptor({ logoutUrl: 'https://idp.example.com/slo' }), 'SingleLogoutService')
    expect(services.map((one) => [one.getAttribute('Binding'), one.getAttribute('Location')])).toEqual([
      ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect', LOGOUT],
      ['urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST', LOGOUT],
    ])
    expect(all(descriptor(), 'SingleLogoutService')).toEqual([])
  })

  it('requests every mapped field by its attribute name, and marks the required ones', () => {
    const requested = all(descriptor(), 'RequestedAttribute').map((element) => [
      element.getAttribute('Name'),
      element.getAttribute('FriendlyName'),
      element.getAttribute('isRequired'),
    ])
    expect(requested).toEqual(
      mapping.map(({ attribute, label, required }) => [attribute, label, `${required}`]),
    )
  })

  it('escapes the name of the service', () => {
    expect(all(descriptor({}, mapping, 'A & B $& </ServiceName>'), 'ServiceName')[0]?.textContent).toBe(
      'A & B $& </ServiceName>',
    )
  })

  it('has no AttributeConsumingService if nothing is mapped', () => {
    expect(all(descriptor({}, []), 'AttributeConsumingService')).toEqual([])
  })

  it('has both certificates, and its elements in schema order', () => {
    const sp = descriptor({
      privateKey: signing.key,
      publicCert: signing.cert,
      decryptionPvk: decryption.key,
      decryptionCert: decryption.cert,
      identifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      logoutUrl: 'https://idp.example.com/slo',
    })
    const keys = all(sp, 'KeyDescriptor').map((key) => [
      key.getAttribute('use'),
      key.getElementsByTagName('ds:X509Certificate')[0]?.textContent?.replace(/\s/g, ''),
    ])
    expect(keys).toEqual([
      ['signing', bare(signing.cert)],
      ['encryption', bare(decryption.cert)],
    ])
    const order = Array.from(sp.childNodes)
      .filter(({ nodeType }) => nodeType === 1)
      .map(({ nodeName }) => nodeName)
    expect(order).toEqual([
      'KeyDescriptor',
      'KeyDescriptor',
      'SingleLogoutService',
      'SingleLogoutService',
      'NameIDFormat',
      'AssertionConsumerService',
      'AttributeConsumingService',
    ])
  })

  it.each([
    [{}, 'false', null],
    [{ wantAssertionsSigned: true }, 'false', 'true'],
  ])('states what is signed with %j', (saml, requests, assertions) => {
    const sp = descriptor(saml)
    expect(sp.getAttribute('AuthnRequestsSigned')).toBe(requests)
    expect(sp.getAttribute('WantAssertionsSigned') || null).toBe(assertions)
  })

  it('states that requests are signed if there is a key', () => {
    const sp = descriptor({ privateKey: signing.key, publicCert: signing.cert })
    expect(sp.getAttribute('AuthnRequestsSigned')).toBe('true')
  })
})

function bare(cert: string): string {
  return cert.replace(/-----[^-]+-----|\s/g, '')
}
