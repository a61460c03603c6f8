import { X509Certificate } from 'node:crypto'
import dns from 'node:dns'
import type { RequestListener } from 'node:http'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type ImportedMetadata,
  MetadataError,
  parseIdpMetadata,
  SeveralProvidersError,
} from '../../src/saml/idp-metadata'
import { fetchIdpMetadata, importMetadata } from '../../src/saml/import-metadata'
import { defaultSamlLimits as limits } from '../../src/saml/limits'
import { expectCostAtMost, expectLinear } from '../helpers/cpu'
import { watchDeadlines } from '../helpers/deadlines'
import { createKeys } from '../helpers/saml-idp'

const REDIRECT = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
const POST = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST'
const SOAP = 'urn:oasis:names:tc:SAML:2.0:bindings:SOAP'
const SAML2 = 'urn:oasis:names:tc:SAML:2.0:protocol'
const NAMESPACES =
  'xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"'

let first: string
let second: string
let third: string
let idp: string

beforeAll(async () => {
  const keys = await Promise.all(['first.example', 'second.example', 'third.example'].map(createKeys))
  ;[first, second, third] = keys.map(({ cert }) => bare(cert)) as [string, string, string]
  idp = entity(role(key(first), sso(REDIRECT)))
})

/** Bare base64, as in metadata. */
function bare(pem: string): string {
  return pem.replace(/-----[^-]+-----|\s/g, '')
}

function entity(content: string, attributes = 'entityID="https://idp.example"'): string {
  return `<md:EntityDescriptor ${NAMESPACES} ${attributes}>${content}</md:EntityDescriptor>`
}

function group(...content: string[]): string {
  return `<md:EntitiesDescriptor ${NAMESPACES} Name="all">${content.join('')}</md:EntitiesDescriptor>`
}

function role(...content: string[]): string {
  return `<md:IDPSSODescriptor protocolSupportEnumeration="${SAML2}">${content.join('')}</md:IDPSSODescriptor>`
}

function key(certificate: string, use = 'use="signing"'): string {
  const data = `<ds:X509Data><ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data>`
  return `<md:KeyDescriptor ${use}><ds:KeyInfo>${data}</ds:KeyInfo></md:KeyDescriptor>`
}

function sso(binding: string, location = 'https://idp.example/sso', name = 'SingleSignOnService'): string {
  return `<md:${name} Binding="${binding}" Location="${location}"/>`
}

const sp = (): string =>
  entity(
    `<md:SPSSODescriptor protocolSupportEnumeration="${SAML2}">${key(first)}` +
      `<md:AssertionConsumerService index="1" Binding="${POST}" Location="https://app.example/acs"/></md:SPSSODescriptor>`,
    'entityID="https://app.example"',
  )

/** The message of a refusal of metadata. */
function refusalOf(xml: string): string {
  try {
    parseIdpMetadata(xml)
  } catch (error) {
    if (error instanceof MetadataError) return error.message
    throw error
  }
  return 'no refusal'
}

const certificatesOf = ({ options }: ImportedMetadata): string[] => options.idpCert.map(bare)

describe('parseIdpMetadata', () => {
  it('fills in a source from metadata like Okta’s', () => {
    const xml =
      `<?xml version="1.0" encoding="UTF-8"?><md:EntityDescriptor entityID="http://www.okta.example/exk1"` +
      ` xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata"><md:IDPSSODescriptor WantAuthnRequestsSigned="false"` +
      ` protocolSupportEnumeration="${SAML2}"><md:KeyDescriptor use="signing">` +
      `<ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>\n` +
      `${first.replace(/(.{64})/g, '$1\n')}\n</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>` +
      `<md:NameIDFormat>urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified</md:NameIDFormat>` +
      sso(POST, 'https://okta.example/app/sso/saml') +
      sso(REDIRECT, 'https://okta.example/app/sso/saml?a=1&amp;b=2') +
      `</md:IDPSSODescriptor></md:EntityDescriptor>`
    const { options, certificates, warnings } = parseIdpMetadata(xml)
    expect(options).toEqual({
      entryPoint: 'https://okta.example/app/sso/saml?a=1&b=2',
      idpIssuer: 'http://www.okta.example/exk1',
      idpCert: [expect.stringMatching(/^-----BEGIN CERTIFICATE-----\n[^]+-----END CERTIFICATE-----\n$/)],
    })
    const certificate = new X509Certificate(Buffer.from(first, 'base64'))
    expect(certificates).toEqual([
      { pem: options.idpCert[0], subject: 'CN=first.example', notAfter: new Date(certificate.validTo) },
    ])
    expect(bare(certificates[0]!.pem)).toBe(first)
    expect(warnings).toEqual([])
  })

  it('reads every certificate from metadata like Entra’s once, among other roles and prefixes', () => {
    const signature = '<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"><SignatureValue/></Signature>'
    const other =
      '<RoleDescriptor xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"' +
      ' xmlns:fed="http://docs.oasis-open.org/wsfed/federation/200706" xsi:type="fed:SecurityTokenServiceType"' +
      ` protocolSupportEnumeration="http://docs.oasis-open.org/wsfed/federation/200706">${plainKey(third)}</RoleDescriptor>`
    const xml =
      `\ufeff<?xml version="1.0" encoding="utf-8"?><EntityDescriptor ID="_1" entityID="https://sts.example/t/"` +
      ` xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${signature}${other}` +
      `<IDPSSODescriptor protocolSupportEnumeration="${SAML2}">${plainKey(first)}${plainKey(second)}${plainKey(first)}` +
      `<SingleLogoutService Binding="${REDIRECT}" Location="https://login.example/saml2"/>` +
      `<SingleSignOnService Binding="${REDIRECT}" Location="https://login.example/saml2"/>` +
      `<SingleSignOnService Binding="${POST}" Location="https://login.example/saml2"/>` +
      `</IDPSSODescriptor></EntityDescriptor>`
    const imported = parseIdpMetadata(xml)
    expect(certificatesOf(imported)).toEqual([first, second])
    expect(imported.options).toMatchObject({
      entryPoint: 'https://login.example/saml2',
      idpIssuer: 'https://sts.example/t/',
      logoutUrl: 'https://login.example/saml2',
    })
    expect(imported.certificates.map(({ subject }) => subject)).toEqual([
      'CN=first.example',
      'CN=second.example',
    ])
  })

  function plainKey(certificate: string): string {
    const info = `<X509Data><X509Certificate>${certificate}</X509Certificate></X509Data>`
    return (
      '<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">' +
      `${info}</KeyInfo></KeyDescriptor>`
    )
  }

  it('reads the only identity provider in a group like Keycloak’s, at any depth', () => {
    const imported = parseIdpMetadata(group(sp(), group(idp), sp()))
    expect(imported.options).toMatchObject({ idpIssuer: 'https://idp.example' })
    expect(certificatesOf(imported)).toEqual([first])
  })

  it('reads metadata with many roles, like AD FS’s', () => {
    const claims = Array.from(
      { length: 400 },
      (_, i) =>
        `<auth:ClaimType xmlns:auth="http://docs.oasis-open.org/wsfed/authorization/200706" Uri="urn:claim:${i}">` +
        `<auth:DisplayName>${i}</auth:DisplayName><auth:Description>&lt;${i}&gt;</auth:Description></auth:ClaimType>`,
    ).join('')
    const sts = `<md:RoleDescriptor protocolSupportEnumeration="urn:ws">${key(third)}${claims}</md:RoleDescriptor>`
    const attributes = Array.from(
      { length: 400 },
      (_, i) =>
        `<a:Attribute xmlns:a="urn:oasis:names:tc:SAML:2.0:assertion" Name="urn:claim:${i}" FriendlyName="${i}"/>`,
    )
    const xml = entity(
      sts + role(key(first), key(second, 'use="encryption"'), sso(REDIRECT), ...attributes) + spRole(),
    )
    expect(xml.length).toBeGreaterThan(100_000)
    expect(certificatesOf(parseIdpMetadata(xml))).toEqual([first])
  })

  function spRole(): string {
    return `<md:SPSSODescriptor protocolSupportEnumeration="${SAML2}">${key(second)}</md:SPSSODescriptor>`
  }

  it('counts a key without use as a signing key, and every certificate of a key', () => {
    const both = key(`${second}</ds:X509Certificate><ds:X509Certificate>${third}`, '')
    const xml = entity(role(key(first, 'use="encryption"'), both, sso(REDIRECT)))
    expect(certificatesOf(parseIdpMetadata(xml))).toEqual([second, third])
  })

  it('requests HTTP-POST only if there is no other binding', () => {
    const xml = entity(role(key(first), sso(SOAP, 'https://idp.example/soap'), sso(POST)))
    expect(parseIdpMetadata(xml).options).toMatchObject({
      entryPoint: 'https://idp.example/sso',
      authnRequestBinding: 'HTTP-POST',
    })
    expect(parseIdpMetadata(idp).options).not.toHaveProperty('authnRequestBinding')
  })

  it('leaves out a logout URL that is not for HTTP-Redirect', () => {
    const logout = sso(POST, 'https://idp.example/slo', 'SingleLogoutService')
    expect(parseIdpMetadata(entity(role(key(first), logout, sso(REDIRECT)))).options).not.toHaveProperty(
      'logoutUrl',
    )
  })

  it('skips a URL that is unsafe for a browser', () => {
    const bad = ['javascript:alert(1)', 'data:text/html,x', '/sso', '', 'ftp://idp.example/'].map(
      (location) => sso(REDIRECT, location),
    )
    expect(parseIdpMetadata(entity(role(key(first), ...bad, sso(POST)))).options).toMatchObject({
      entryPoint: 'https://idp.example/sso',
      authnRequestBinding: 'HTTP-POST',
    })
    expect(refusalOf(entity(role(key(first), ...bad)))).toContain('no sign-in address')
  })

  it('chooses the role that speaks SAML 2.0', () => {
    const old = role(key(second), sso(REDIRECT, 'https://idp.example/old')).replace(
      SAML2,
      'urn:mace:shibboleth:1.0',
    )
    expect(certificatesOf(parseIdpMetadata(entity(old + role(key(first), sso(REDIRECT)))))).toEqual([first])
    expect(refusalOf(entity(old))).toContain('does not speak SAML 2.0')
  })

  it('warns of expired metadata, and of a provider that requires signed requests', () => {
    const past = 'validUntil="2020-02-03T00:00:00Z"'
    const wanting = idp.replace('<md:IDPSSODescriptor', '$& WantAuthnRequestsSigned="true"')
    const imported = parseIdpMetadata(group(wanting).replace('Name="all"', past))
    expect(imported.warnings).toEqual([
      expect.stringContaining('signed requests'),
      expect.stringContaining('2020-02-03'),
    ])
    const future = group(idp).replace('Name="all"', 'validUntil="2999-01-01T00:00:00Z"')
    expect(parseIdpMetadata(future).warnings).toEqual([])
  })

  it('reads a value with a comment whole', () => {
    const split = key(`${first.slice(0, 40)}<!-- -->${first.slice(40)}`)
    expect(certificatesOf(parseIdpMetadata(entity(role(split, sso(REDIRECT)))))).toEqual([first])
  })

  it('ignores style sheets and other processing instructions', () => {
    const styled = `<?xml version="1.0"?>\n<?xml-stylesheet type="text/xsl" href="a.xsl"?><!-- x --><?x?>\n`
    const xml = styled + idp.replace('<md:IDPSSO', '<?y a > b?>$&').replace(first.slice(0, 20), '$&<?z z?>')
    expect(parseIdpMetadata(`${xml}\n<?end?>`)).toEqual(parseIdpMetadata(idp))
  })

  describe('the address for logout responses', () => {
    const logout = (attributes: string): string =>
      `<md:SingleLogoutService Binding="${REDIRECT}" ${attributes}/>`
    const optionsOf = (...services: string[]) =>
      parseIdpMetadata(entity(role(key(first), ...services, sso(REDIRECT)))).options

    it('is the ResponseLocation', () =>
      expect(
        optionsOf(logout('Location="https://idp.example/slo" ResponseLocation=" https://idp.example/done "')),
      ).toMatchObject({
        logoutUrl: 'https://idp.example/slo',
        logoutResponseUrl: 'https://idp.example/done',
      }))

    it.each([
      ['the ResponseLocation is missing', ''],
      ['the ResponseLocation is the same', 'ResponseLocation="https://idp.example/slo"'],
      ['the ResponseLocation isn’t a web address', 'ResponseLocation="javascript:alert(1)"'],
    ])('is the Location if %s', (_, attribute) => {
      const options = optionsOf(logout(`Location="https://idp.example/slo" ${attribute}`))
      expect(options.logoutUrl).toBe('https://idp.example/slo')
      expect(options).not.toHaveProperty('logoutResponseUrl')
    })

    it('belongs to the service whose Location is used', () => {
      const other = logout('Location="javascript:0" ResponseLocation="https://evil.example/"')
      const post = logout('Location="https://idp.example/p" ResponseLocation="https://idp.example/q"')
      const options = optionsOf(
        other,
        post.replace(REDIRECT, POST),
        logout('Location="https://idp.example/slo"'),
      )
      expect(options).toMatchObject({ logoutUrl: 'https://idp.example/slo' })
      expect(options).not.toHaveProperty('logoutResponseUrl')
    })
  })

  describe('a certificate', () => {
    const read = (...certificates: string[]): ImportedMetadata =>
      parseIdpMetadata(entity(role(...certificates.map((certificate) => key(certificate)), sso(REDIRECT))))
    const armored = (certificate: string): string =>
      `-----BEGIN CERTIFICATE-----\n${certificate}\n-----END CERTIFICATE-----`

    it.each<[string, () => string, () => string[]]>([
      ['in PEM armor', () => `\n${armored(first)}\n`, () => [first]],
      ['in PEM armor on one line', () => armored(first).replaceAll('\n', ''), () => [first]],
      ['split into lines', () => first.replace(/(.{64})/g, '$1\r\n\t '), () => [first]],
      ['in PEM armor below a description', () => `subject=CN = a-b\n${armored(first)}`, () => [first]],
      ['one of two in PEM armor', () => armored(first) + armored(second), () => [first, second]],
    ])('may be %s', (_, text, expected) => {
      const imported = read(text())
      expect(certificatesOf(imported)).toEqual(expected())
      expect(imported.warnings).toEqual([])
    })

    it('counts once if it appears in two forms', () =>
      expect(certificatesOf(read(first, armored(first)))).toEqual([first]))

    it.each<[string, () => string]>([
      ['isn’t a certificate', () => 'bm9uZQ=='],
      ['is empty', () => ''],
      ['is truncated', () => first.slice(0, 300)],
    ])('is left out with a warning if it %s and another one is good', (_, bad) => {
      const imported = read(bad(), first)
      expect(certificatesOf(imported)).toEqual([first])
      expect(imported.warnings).toEqual([expect.stringContaining('One signing certificate in the metadata')])
    })

    it('is counted in the warning if it is unreadable', () =>
      expect(read('bm9uZQ==', first, 'YWxzbw==').warnings).toEqual([expect.stringContaining('2 signing')]))
  })

  describe('several identity providers', () => {
    const at = (id: string, certificate: string): string =>
      entity(role(key(certificate), sso(REDIRECT, `${id}/sso`)), `entityID="\n${id} "`)
    const several = (): string =>
      group(at('https://a.example', first), sp(), group(at('https://b.example', second)))

    it('are offered by their entity IDs', () => {
      for (const chosen of [undefined, '', 'https://c.example', 42]) {
        const read = (): unknown => parseIdpMetadata(several(), chosen)
        expect(read).toThrow(SeveralProvidersError)
        expect(read).toThrow(
          expect.objectContaining({
            option: 'saml.idpIssuer',
            choices: ['https://a.example', 'https://b.example'],
          }),
        )
      }
    })

    it.each([
      ['https://a.example', () => first],
      ['https://b.example', () => second],
    ])('are read if one is chosen: %s', (id, certificate) => {
      const imported = parseIdpMetadata(several(), id)
      expect(imported.options).toMatchObject({ idpIssuer: id, entryPoint: `${id}/sso` })
      expect(certificatesOf(imported)).toEqual([certificate()])
    })

    it('need no choice if only one supports SAML 2.0', () => {
      const old = at('https://b.example', second).replace(SAML2, 'urn:mace:shibboleth:1.0')
      const imported = parseIdpMetadata(group(old, at('https://a.example', first)), 'https://b.example')
      expect(imported.options.idpIssuer).toBe('https://a.example')
      expect(parseIdpMetadata(idp, 'https://other.example').options.idpIssuer).toBe('https://idp.example')
    })
  })

  describe('refuses without quoting the document:', () => {
    const secret = 'hunter2hunter2'
    it.each<[string, () => string, string]>([
      ['nothing', () => '', 'it is not XML'],
      ['a string', () => secret, 'it is not XML'],
      ['JSON', () => `{"issuer":"${secret}"}`, 'it is not XML'],
      ['a web page', () => `<!doctype HTML><html>${secret}</html>`, 'a web page'],
      ['a web page without a DOCTYPE', () => `<html><body>${secret}</body></html>`, 'a web page'],
      ['another document', () => `<rss>${secret}</rss>`, 'another kind of XML'],
      [
        'an EntityDescriptor without a namespace',
        () => `<EntityDescriptor entityID="${secret}"/>`,
        'another kind of XML',
      ],
      [
        'an assertion',
        () => `<s:Response xmlns:s="${SAML2}">${secret}</s:Response>`,
        'another kind of XML document',
      ],
      ['half a document', () => idp.replace('</md:EntityDescriptor>', ''), 'ends within an element'],
      ['a document that ends in a tag', () => idp.slice(0, -30), 'not well-formed'],
      ['two documents', () => idp + idp, 'more than one root element'],
      ['undeclared prefixes', () => idp.replace(NAMESPACES, ''), 'a prefix that it does not declare'],
      ['an extra end tag', () => idp.replace('<md:IDPSSO', `</md:${secret}>$&`), 'not well-formed'],
      ['service provider metadata', sp, 'of a service provider'],
      ['a group without an identity provider', () => group(sp(), sp()), 'of a service provider'],
      ['an empty group', () => group(), 'no identity provider'],
      ['several identity providers', () => group(idp, group(idp)), 'several identity providers'],
      ['no entity ID', () => idp.replace(/ entityID="[^"]*"/, ''), 'no entity ID'],
      ['a blank entity ID', () => idp.replace(/entityID="[^"]*"/, 'entityID=" "'), 'no entity ID'],
      ['no certificate', () => entity(role(sso(REDIRECT))), 'no signing certificate'],
      [
        'only an encryption certificate',
        () => entity(role(key(first, 'use="encryption"'), sso(REDIRECT))),
        'no signing certificate',
      ],
      [
        'a certificate outside the signature namespace',
        () => entity(role(key(first).replaceAll('ds:', 'md:'), sso(REDIRECT))),
        'no signing certificate',
      ],
      [
        'an invalid certificate',
        () => entity(role(key(secret), sso(REDIRECT))),
        'certificate in the metadata cannot be read',
      ],
      ['no sign-in URL', () => entity(role(key(first))), 'no sign-in address'],
      ['only a SOAP binding', () => entity(role(key(first), sso(SOAP))), 'no sign-in address'],
      ['a DOCTYPE', () => `<!DOCTYPE md:EntityDescriptor>${idp}`, 'DOCTYPE'],
      ['entities', () => `<!DOCTYPE a [<!ENTITY x "${secret}">]>${idp.replace('first', '&x;')}`, 'DOCTYPE'],
      [
        'an external entity',
        () => `<?xml version="1.0"?><!DOCTYPE a SYSTEM "file:///etc/passwd">${idp}`,
        'DOCTYPE',
      ],
      [
        'a DOCTYPE in the middle',
        () => idp.replace('<md:IDPSSO', '<!DOCTYPE x [<!ENTITY y "z">]>$&'),
        'DOCTYPE',
      ],
      [
        'an unknown entity',
        () => idp.replace('https://idp.example"', '&secret;"'),
        'entity that XML does not',
      ],
      [
        'an XML declaration that isn’t at the start',
        () => `<!-- -->\n<?xml version="1.0"?>${idp}`,
        'not well-formed',
      ],
      ['an instruction without a name', () => `<? ${secret}?>${idp}`, 'not well-formed'],
      ['an instruction without an end', () => `${idp}<?x ${secret}`, 'not well-formed'],
      ['a control character', () => idp.replace('idp.example', 'idp\u0001'), 'control characters'],
    ])('%s', (_title, xml, expected) => {
      const message = refusalOf(xml())
      expect(message).toContain(expected)
      expect(message).toMatch(/^[A-Z].*\.$/)
      expect(message).not.toContain(secret)
    })
  })

  /** The largest allowed document. */
  function largest(): string {
    const end = '</md:EntityDescriptor>'
    const filler = `<md:x a="1" b="2"/>`.repeat(limits.elements - 20)
    return idp.replace(end, `${filler}<!--${'x'.repeat(900_000)}-->${end}`)
  }

  it.each<[string, (rest: string) => string, string]>([
    [
      'elements',
      (rest) => idp.replace(rest, '<a/>'.repeat(limits.elements) + rest),
      `more than ${limits.elements} elements`,
    ],
    [
      'depth',
      (rest) => idp.replace(rest, '<a>'.repeat(100_000) + '</a>'.repeat(100_000) + rest),
      'nested deeper',
    ],
    [
      'attributes',
      (rest) =>
        idp.replace(rest, `<a ${Array.from({ length: 40_000 }, (_, i) => `a${i}=""`).join(' ')}/>${rest}`),
      'too many attributes',
    ],
    ['bytes', (rest) => idp.replace(rest, `${'ü'.repeat(512 * 1024)}${rest}`), 'larger than 1 MiB'],
    ['spaces in a tag', (rest) => idp.replace(rest, `<a${' '.repeat(900_000)}!${rest}`), 'not well-formed'],
  ])('limits %s, and is quick', async (_title, hostile, expected) => {
    const [xml, genuine] = [hostile('</md:EntityDescriptor>'), largest()]
    const refuse = (): void => expect(refusalOf(xml)).toContain(expected)
    await expectCostAtMost(3, () => parseIdpMetadata(genuine), refuse)
  })

  it.each([
    ['prefixes', Array.from({ length: 3000 }, (_, i) => `<a xmlns:p${i}="urn:u"/>`).join('')],
    ['comments', '<!---->'.repeat(100_000)],
    ['instructions', '<?x?>'.repeat(100_000)],
  ])('reads any number of %s quickly', async (_title, many) => {
    const [xml, genuine] = [idp.replace('</md:EntityDescriptor>', `${many}</md:EntityDescriptor>`), largest()]
    const read = (): void => expect(certificatesOf(parseIdpMetadata(xml))).toEqual([first])
    await expectCostAtMost(3, () => parseIdpMetadata(genuine), read)
  })

  it('reads the largest allowed document quickly', async () => {
    const xml = largest()
    expect(certificatesOf(parseIdpMetadata(xml))).toEqual([first])
    await expectLinear(limits.elements - 20, (elements) => {
      const rest = '</md:EntityDescriptor>'
      const part = idp.replace(rest, `<md:x a="1" b="2"/>`.repeat(elements) + rest)
      return () => parseIdpMetadata(part)
    })
    const plain = (): void => {
      for (let i = 0; i < 100; i++) parseIdpMetadata(idp)
    }
    await expectCostAtMost(10, plain, () => parseIdpMetadata(xml))
  })
})

describe('metadata from a URL', () => {
  let answer: RequestListener
  let requests = 0
  const server = http.createServer((req, res) => {
    requests++
    answer(req, res)
  })
  let address: string

  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/metadata`
  })
  afterAll(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  beforeEach(() => (requests = 0))
  afterEach(() => jest.restoreAllMocks())

  /** The message of a refused import, and its option. */
  async function problemOf(url: string, reach = {}): Promise<[option: string, message: string]> {
    const error: unknown = await importMetadata({ metadataUrl: url }, reach).catch(
      (reason: unknown) => reason,
    )
    if (error instanceof MetadataError) return [error.option, error.message]
    throw new Error('The import was not refused', { cause: error })
  }

  it('is fetched and read', async () => {
    answer = (_req, res) => res.end(idp)
    expect(await importMetadata({ metadataUrl: ` ${address} ` }, { loopback: true })).toEqual(
      parseIdpMetadata(idp),
    )
  })

  it.each([
    ['http://idp.example/metadata', 'The address must begin with https://'],
    ['idp.example/metadata', 'The address must begin with https://'],
    ['file:///etc/passwd', 'The address must begin with https://'],
    ['https://', 'The address must begin with https://'],
    ['https://127.0.0.1/metadata', 'points to a private address'],
    ['https://localhost/metadata', 'points to a private address'],
    ['https://169.254.169.254/latest/meta-data', 'points to a private address'],
    ['https://[::ffff:10.0.0.1]/', 'points to a private address'],
    ['https://nowhere.invalid/', 'could not be reached'],
  ])('refuses %s: %s', async (url, expected) => {
    expect(await problemOf(url)).toEqual(['saml.metadataUrl', expect.stringContaining(expected)])
  })

  it('refuses a loopback address by default, even over http', async () => {
    answer = (_req, res) => res.end(idp)
    expect(await problemOf(address)).toEqual(['saml.metadataUrl', 'The address must begin with https://'])
    expect(requests).toBe(0)
  })

  it('refuses a name that resolves to a private address', async () => {
    const lookup = (_name: string, _options: object, done: (error: null, all: object[]) => void): void =>
      done(null, [{ address: '10.1.2.3', family: 4 }])
    jest.spyOn(dns, 'lookup').mockImplementation(lookup as never)
    expect((await problemOf('https://idp.example/'))[1]).toContain('points to a private address')
  })

  it.each<[string, RequestListener, string]>([
    ['a redirect', (_req, res) => res.writeHead(302, { Location: '/real' }).end(), 'only redirects'],
    ['an error', (_req, res) => res.writeHead(404).end('no'), 'status 404'],
    ['a broken connection', (req) => req.socket.destroy(), 'could not be reached'],
    ['an endless response', (_req, res) => void flood(res), 'larger than 1 MiB'],
    ['a web page', (_req, res) => res.end('<!DOCTYPE html><title>Sign in</title>'), 'a web page'],
    ['a service provider', (_req, res) => res.end(sp()), 'of a service provider'],
  ])('says so if the URL answers with %s', async (_title, listener, expected) => {
    answer = listener
    expect(await problemOf(address, { loopback: true })).toEqual([
      'saml.metadataUrl',
      expect.stringContaining(expected),
    ])
    expect(requests).toBe(1)
  })

  function flood(res: http.ServerResponse): void {
    const timer = setInterval(() => res.write('<a/>'.repeat(16 * 1024)), 1)
    res.on('close', () => clearInterval(timer))
  }

  it('gives up after five seconds on a slow response', async () => {
    answer = (_req, res) => {
      const timer = setInterval(() => res.write(' '), 100)
      res.on('close', () => clearInterval(timer))
    }
    const deadlines = watchDeadlines(5)
    expect((await problemOf(address, { loopback: true }))[1]).toContain('within five seconds')
    expect(deadlines.mock.calls).toEqual([[5000]])
  })

  it('rejects with the reason as cause, for the log', async () => {
    await expect(fetchIdpMetadata('https://10.0.0.1/')).rejects.toMatchObject({
      cause: expect.objectContaining({ reason: 'forbidden' }),
    })
  })
})

describe('importMetadata', () => {
  it.each([{}, { metadata: '' }, { metadata: null, metadataUrl: ' ' }])(
    'has nothing to import from %j',
    async (saml) => expect(await importMetadata(saml)).toBeUndefined(),
  )

  it.each<[object, string, string]>([
    [{ metadata: 7 }, 'saml.metadata', 'must be text'],
    [{ metadataUrl: ['x'] }, 'saml.metadataUrl', 'must be text'],
    [{ metadata: '<a/>', metadataUrl: 'https://idp.example' }, 'saml.metadata', 'not both'],
    [{ metadata: '<a/>' }, 'saml.metadata', 'not SAML metadata'],
  ])('refuses %j with an error at %s', async (saml, option, message) => {
    await expect(importMetadata(saml)).rejects.toMatchObject({
      option,
      message: expect.stringContaining(message),
    })
  })

  it('reads pasted metadata with blank lines around it', async () => {
    expect(await importMetadata({ metadata: `\n\n  ${idp}\n` })).toEqual(parseIdpMetadata(idp))
  })
})
