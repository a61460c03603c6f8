import type { SourceConfig } from '../../src'
import type { Browser, Page } from './oidc-browser'
import { HostileProvider, makeKey } from './oidc-hostile'
import { requestXml } from './saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml } from './saml-idp'

/** What differs between people; `profileOf` has the rest. */
export interface Person {
  subject: string
  email: string
  title: string
}

/** The profile of a person that every test provider sends, as a user is stored. */
export function profileOf({ subject, email, title }: Person): Record<string, unknown> {
  const name = { firstName: 'Ann', lastName: `Lee-${subject}` }
  return { email, ...name, title, custom: { costCenter: 'CC-7', skills: ['Go', 'C'], remote: true } }
}

/** Delivers the provider's response to the app in the person's browser. Each call delivers it again. */
export type Deliver = (browser: Browser) => Promise<Page>

/** An identity provider that signs in the person the test names, at once. */
export interface TestIdp {
  protocol: SourceConfig['protocol']
  issuer: string
  /** The offset of its clock, and the validity of its responses, in seconds. */
  clock: { ahead: number; validFor: number }
  /** Its source configuration, which can be sent to another process. */
  source(id: string): SourceConfig
  /** Responds to the request of the app. */
  answer(browser: Browser, start: Page, person: Person): Promise<Deliver>
  close(): Promise<void>
}

export class SamlIdp implements TestIdp {
  readonly protocol = 'saml'
  readonly issuer = 'https://idp.example'
  readonly clock = { ahead: 0, validFor: 300 }

  private constructor(private readonly keys: Keys) {}

  static async start(): Promise<SamlIdp> {
    return new SamlIdp(await createKeys('idp.example'))
  }

  source(id: string): SourceConfig {
    const saml = { entryPoint: `${this.issuer}/sso`, idpIssuer: this.issuer, idpCert: this.keys.cert }
    return { id, protocol: 'saml', provisioning: true, syncing: true, linking: 'trusted', saml }
  }

  async answer(_browser: Browser, start: Page, person: Person): Promise<Deliver> {
    const request = requestXml(start.headers.get('location') ?? '')
    const part = (pattern: RegExp): string => pattern.exec(request)?.[1] ?? ''
    const [id, acs] = [part(/ ID="([^"]+)"/), part(/ AssertionConsumerServiceURL="([^"]+)"/)]
    const { ahead, validFor } = this.clock
    const xml = await responseXml({
      ...defaults,
      keys: this.keys,
      ...{ issuer: this.issuer, responseIssuer: this.issuer },
      ...{ begins: ahead, ends: ahead + validFor, confirmationEnds: ahead + validFor },
      audience: part(/<saml:Issuer[^>]*>([^<]+)</),
      ...{ recipient: acs, destination: acs, inResponseTo: id, responseInResponseTo: id },
      nameId: person.subject,
      attributes: attributesOf(person),
    })
    const form = { SAMLResponse: Buffer.from(xml).toString('base64') }
    return (browser) => browser.request(acs, form)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

function attributesOf(person: Person): string {
  const { custom, ...standard } = profileOf(person)
  return Object.entries({ ...standard, ...(custom as object) })
    .map(([name, value]) => attribute(name, ...[value].flat().map(String)))
    .join('')
}

export class OidcIdp implements TestIdp {
  readonly protocol = 'oidc'
  /** The provider, for tests that make it misbehave. */
  readonly provider = new HostileProvider()
  readonly clock = { ahead: 0, validFor: 300 }

  static async start(): Promise<OidcIdp> {
    const idp = new OidcIdp()
    await idp.provider.start()
    await idp.rotate()
    idp.provider.bend = {
      // Every claim is in the ID token.
      discovery: ({ userinfo_endpoint: _, ...document }) => document,
      claims: (claims, request) => ({ ...claims, ...idp.#claims(request) }),
    }
    return idp
  }

  get issuer(): string {
    return this.provider.issuer
  }

  /** Signs with a new key from now on. The old one stays published. */
  async rotate(): Promise<void> {
    this.provider.keys = [await makeKey(), ...this.provider.keys.slice(0, 1)]
  }

  source(id: string): SourceConfig {
    const oidc = { issuer: this.issuer, clientID: 'app', clientSecret: 'a secret of this test' }
    return { id, protocol: 'oidc', provisioning: true, syncing: true, linking: 'trusted', oidc }
  }

  async answer(browser: Browser, start: Page, person: Person): Promise<Deliver> {
    const request = new URL(start.headers.get('location') ?? '')
    request.searchParams.set('login_hint', JSON.stringify(person))
    const answer = (await browser.request(request.href)).headers.get('location') ?? ''
    return (browser) => browser.request(answer)
  }

  close(): Promise<void> {
    return this.provider.close()
  }

  /** The browser has brought the person's name. */
  #claims(request: URLSearchParams): Record<string, unknown> {
    const { ahead, validFor } = this.clock
    const iat = Math.floor(Date.now() / 1000) + ahead
    return { iat, exp: iat + validFor, ...claimsOf(JSON.parse(request.get('login_hint')!) as Person) }
  }
}

function claimsOf(person: Person): Record<string, unknown> {
  const { firstName, lastName, custom, ...rest } = profileOf(person)
  const named = { sub: person.subject, given_name: firstName, family_name: lastName }
  return { ...rest, ...named, ...(custom as object) }
}
