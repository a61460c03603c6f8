import { createSign, randomBytes } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { SamlOptions, SourceConfig } from '../../src'
import type { Browser, Page } from './oidc-browser'
import { requestXml } from './saml-app'
import { algorithms, attribute, defaults, type Keys, responseXml, signXml } from './saml-idp'
import type { WebApp } from './web-app'

export const IDP = 'https://idp.example'
export const SLO = `${IDP}/slo`
export const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'

/** A SAML source with logout whose identity provider signs with `keys`. */
export function slo(keys: Keys, id = 'okta', saml: Partial<SamlOptions> = {}): SourceConfig {
  return {
    id,
    protocol: 'saml',
    provisioning: true,
    linking: 'trusted',
    saml: { entryPoint: `${IDP}/sso`, idpIssuer: IDP, idpCert: keys.cert, logoutUrl: SLO, ...saml },
  }
}

/** The person who signs in, and the identity provider's names for them and their session. */
export interface SignInAs {
  source?: string
  nameId?: string | null
  /** The attributes of NameID. */
  name?: string
  sessionIndex?: string | null
  email?: string
  /** The IssueInstant, in seconds from now. */
  issued?: number
}

/** Signs a person in through SAML with their browser. */
export async function samlSignIn(
  app: WebApp,
  keys: Keys,
  browser: Browser,
  as: SignInAs = {},
): Promise<Page> {
  const start = await browser.request(`${app.origin}/sso/${as.source ?? 'okta'}/login`)
  return samlAnswer(app, keys, browser, as, start)
}

/** The second half of a sign-in through SAML. */
export async function samlAnswer(
  app: WebApp,
  keys: Keys,
  browser: Browser,
  as: SignInAs,
  start: Page,
): Promise<Page> {
  const callback = `${app.origin}/sso/${as.source ?? 'okta'}/callback`
  const xml = await assertedXml(app, keys, as, start)
  return browser.request(callback, { SAMLResponse: Buffer.from(xml).toString('base64') })
}

/** The identity provider's response to the request in a redirect of the app. */
export async function assertedXml(app: WebApp, keys: Keys, as: SignInAs, start: Page): Promise<string> {
  const { source = 'okta', nameId = 'ann-1', name = `Format="${PERSISTENT}"`, issued = 0 } = as
  const { sessionIndex = 'session-1', email = `${nameId}@corp.example` } = as
  const id = /ID="([^"]+)"/.exec(requestXml(start.headers.get('location')!))![1]!
  const base = app.jit.source(source).configuration.find((one) => one.name === 'ACS URL')!.value
  return responseXml({
    ...defaults,
    ...{ keys, issuer: IDP, responseIssuer: IDP, recipient: base, destination: base },
    audience: base.replace('/callback', '/metadata'),
    ...{ inResponseTo: id, responseInResponseTo: id, nameId },
    attributes: [attribute('email', email), attribute('firstName', 'A'), attribute('lastName', 'B')].join(''),
    afterAssertion: (assertion) =>
      assertion
        .replace(/<saml:NameID Format="[^"]*"/, `<saml:NameID ${name}`)
        .replace(' SessionIndex="session-1"', sessionIndex === null ? '' : ` SessionIndex="${sessionIndex}"`)
        .replace(/ IssueInstant="[^"]*"/, ` IssueInstant="${at(issued)}"`),
  })
}

/** The user who is signed in in a browser. */
export async function me(app: WebApp, browser: Browser): Promise<string | undefined> {
  const { user } = JSON.parse((await browser.request(`${app.origin}/me`)).text) as {
    user: { email: string } | null
  }
  return user?.email
}

/** A valid LogoutRequest, except for the given options; null omits a part. */
export interface LogoutRequestOptions {
  id?: string
  issuer?: string | null
  destination: string | null
  /** Times in seconds from now. */
  issued?: number | string | null
  notOnOrAfter?: number | null
  /** The element that names the person. */
  name?: string
  nameId?: string
  sessionIndexes?: string[]
  version?: string
}

export function logoutRequestXml(options: LogoutRequestOptions): string {
  const { issuer = IDP, issued = 0, notOnOrAfter = 300, version = '2.0', sessionIndexes = [] } = options
  const { nameId = 'ann-1' } = options
  const { name = `<saml:NameID Format="${PERSISTENT}">${nameId}</saml:NameID>` } = options
  const indexes = sessionIndexes.map((index) => `<samlp:SessionIndex>${index}</samlp:SessionIndex>`)
  return (
    `<samlp:LogoutRequest ${namespaces} ID="${options.id ?? newId()}" Version="${version}"` +
    optional('IssueInstant', typeof issued === 'number' ? at(issued) : issued) +
    optional('NotOnOrAfter', notOnOrAfter === null ? null : at(notOnOrAfter)) +
    `${optional('Destination', options.destination)}>` +
    (issuer === null ? '' : `<saml:Issuer>${issuer}</saml:Issuer>`) +
    `${name}${indexes.join('')}</samlp:LogoutRequest>`
  )
}

export interface LogoutResponseOptions {
  issuer?: string | null
  destination: string | null
  inResponseTo: string | null
  /** The StatusCode, and the nested one. */
  status?: string[]
}

export function logoutResponseXml(options: LogoutResponseOptions): string {
  const { issuer = IDP, destination, inResponseTo, status = [SUCCESS] } = options
  const nested = status.reduceRight(
    (within, code) => `<samlp:StatusCode Value="${code}">${within}</samlp:StatusCode>`,
    '',
  )
  return (
    `<samlp:LogoutResponse ${namespaces} ID="${newId()}" Version="2.0" IssueInstant="${at(0)}"` +
    `${optional('Destination', destination)}${optional('InResponseTo', inResponseTo)}>` +
    (issuer === null ? '' : `<saml:Issuer>${issuer}</saml:Issuer>`) +
    `<samlp:Status>${nested}</samlp:Status></samlp:LogoutResponse>`
  )
}

export interface RedirectOptions {
  relayState?: string
  /** The SigAlg in the URL; null does not sign. */
  algorithm?: string | null
  /** Whether the message is deflated. */
  deflate?: boolean
}

const digests: Record<string, string> = {
  [algorithms.rsaSha1]: 'RSA-SHA1',
  [algorithms.rsaSha256]: 'RSA-SHA256',
  [algorithms.rsaSha512]: 'RSA-SHA512',
}

/** The query of HTTP-Redirect (Bindings 3.4.4.1), signed. */
export function redirectQuery(
  field: 'SAMLRequest' | 'SAMLResponse',
  xml: string,
  keys: Keys,
  { relayState, algorithm = algorithms.rsaSha256, deflate = true }: RedirectOptions = {},
): string {
  const bytes = deflate ? deflateRawSync(xml) : Buffer.from(xml)
  // In a URL, browsers escape the apostrophe if it was not escaped.
  const escaped = (value: string): string => encodeURIComponent(value).replaceAll("'", '%27')
  const message = `${field}=${escaped(bytes.toString('base64'))}`
  const state = relayState === undefined ? '' : `&RelayState=${escaped(relayState)}`
  if (algorithm === null) return message + state
  const signed = `${message}${state}&SigAlg=${escaped(algorithm)}`
  const signature = createSign(digests[algorithm] ?? 'RSA-SHA256')
    .update(signed)
    .sign(keys.key, 'base64')
  return `${signed}&Signature=${escaped(signature)}`
}

/** The form of HTTP-POST (Bindings 3.5.4), with an enveloped signature. */
export function postForm(
  field: 'SAMLRequest' | 'SAMLResponse',
  xml: string,
  keys: Keys,
  relayState?: string,
): Record<string, string> {
  const element = field === 'SAMLRequest' ? 'LogoutRequest' : 'LogoutResponse'
  const signed = signXml(xml, element, {
    keys,
    signatureAlgorithm: algorithms.rsaSha256,
    digestAlgorithm: algorithms.sha256,
    canonicalization: algorithms.exclusive,
  })
  const message = { [field]: Buffer.from(signed).toString('base64') }
  return relayState === undefined ? message : { ...message, RelayState: relayState }
}

/** The message in a URL that the app redirects to. */
export function messageIn(page: Page, field: 'SAMLRequest' | 'SAMLResponse'): string {
  const location = new URL(page.headers.get('location')!)
  return inflateRawSync(Buffer.from(location.searchParams.get(field)!, 'base64')).toString()
}

const namespaces =
  'xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"'

function newId(): string {
  return `_${randomBytes(16).toString('hex')}`
}

function at(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

function optional(name: string, value: string | null): string {
  return value === null ? '' : ` ${name}="${value}"`
}
