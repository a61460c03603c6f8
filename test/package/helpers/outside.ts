import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { json } from 'node:stream/consumers'
import type { AddressInfo } from 'node:net'
import type { SourceConfig } from '../../../src'
import { Browser, type Page } from '../../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../../helpers/oidc-hostile'
import { requestXml } from '../../helpers/saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from '../../helpers/saml-idp'

/**
 * The world outside an app that uses the package: an OpenID Provider, a SAML identity provider, and a person with a
 * browser. The app's tests control the person over HTTP.
 */
export interface Outside {
  /** A POST of an `Errand` here makes the person sign in. The response is their last page. */
  personUrl: string
  /** Both providers, as an app configures them. */
  sources: SourceConfig[]
  close(): Promise<void>
}

interface Errand {
  /** A URL of the app that leads to a provider. */
  address: string
  /** The provider's claims about the person: values by names of standard fields, and `skills`. */
  person: Record<string, string | string[]>
}

const SAML_IDP = 'https://idp.example'

export async function outside(): Promise<Outside> {
  const keys = await createKeys('idp.example')
  const provider = new HostileProvider()
  provider.keys = [await makeKey()]
  await provider.start()
  const server = createServer((req, res) => {
    signIn(provider, keys, req).then(
      ({ status, text }) => res.end(JSON.stringify({ status, text })),
      (error: unknown) => res.writeHead(500).end(String(error)),
    )
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    personUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sources: sourcesOf(provider.issuer, keys.cert),
    async close() {
      server.closeAllConnections()
      server.close()
      await provider.close()
    },
  }
}

function sourcesOf(issuer: string, idpCert: string): SourceConfig[] {
  const shared = { provisioning: true, syncing: true }
  return [
    { id: 'oidc', protocol: 'oidc', ...shared, oidc: { issuer, clientID: 'app', clientSecret: 'a secret' } },
    {
      ...{ id: 'saml', protocol: 'saml', ...shared },
      saml: { entryPoint: `${SAML_IDP}/sso`, idpIssuer: SAML_IDP, idpCert },
    },
  ]
}

/** With a fresh browser, as on another day. */
async function signIn(provider: HostileProvider, keys: Keys, req: IncomingMessage): Promise<Page> {
  const { address, person } = (await json(req)) as Errand
  const { firstName, lastName, ...rest } = person
  const claims = { sub: person.email, given_name: firstName, family_name: lastName, ...rest }
  provider.bend = { claims: (usual) => ({ ...usual, ...claims }), userInfo: claims }
  const browser = new Browser()
  const page = await browser.follow(address, undefined, (url) => url.startsWith(SAML_IDP))
  const location = page.headers.get('location') ?? ''
  if (!location.startsWith(SAML_IDP)) return page
  const request = requestXml(location)
  const acs = valueIn(request, 'AssertionConsumerServiceURL')
  const response = await answerTo(request, acs, keys, person)
  return browser.follow(acs, { SAMLResponse: Buffer.from(response).toString('base64') })
}

function answerTo(request: string, acs: string, keys: Keys, person: Errand['person']): Promise<string> {
  const id = valueIn(request, 'ID')
  return responseXml({
    ...defaults,
    keys,
    ...{ issuer: SAML_IDP, responseIssuer: SAML_IDP },
    audience: /<saml:Issuer[^>]*>([^<]+)</.exec(request)?.[1] ?? '',
    ...{ recipient: acs, destination: acs },
    ...{ inResponseTo: id, responseInResponseTo: id },
    nameId: String(person.email),
    attributes: Object.entries(person)
      .map(([name, value]) => attribute(name, ...[value].flat()))
      .join(''),
  })
}

function valueIn(request: string, name: string): string {
  const value = new RegExp(` ${name}="([^"]+)"`).exec(request)?.[1]
  if (value === undefined) throw new Error(`The AuthnRequest has no ${name}`)
  return value
}
