import request from 'supertest'
import type { JitError, SamlOptions, SourceConfig } from '../../src'
import { hostOf } from '../../src/passport/host'
import type { SamlSource } from '../../src/sources/config'
import { cookieOf, requestXml, type Started } from './saml-app'
import { attribute, createKeys, defaults, type Keys, responseXml, type ResponseOptions } from './saml-idp'
import type { TestMongo } from './mongo'
import { webApp, type WebApp } from './web-app'

export const OKTA = 'https://okta.example/metadata'
export const ENTRA = 'https://entra.example/metadata'

/** Ann's attributes at the identity providers: enough to create her. */
export const annsAttributes =
  attribute('email', 'ann@corp.example') + attribute('firstName', 'Ann') + attribute('lastName', 'Lee')

export interface Parties {
  okta: Keys
  entra: Keys
  sp: Keys
  /** The keys of no provider. */
  stranger: Keys
}

export async function createParties(): Promise<Parties> {
  const [okta, entra, sp, stranger] = await Promise.all(
    ['okta', 'entra', 'sp', 'stranger'].map((name) => createKeys(name)),
  )
  return { okta: okta!, entra: entra!, sp: sp!, stranger: stranger! }
}

/** Two identity providers. Each source of the first differs in one option. */
export function samlSources({ okta, entra, sp }: Pick<Parties, 'okta' | 'entra' | 'sp'>): SourceConfig[] {
  const one = (id: string, idp: Keys, idpIssuer: string, saml: Partial<SamlOptions> = {}): SourceConfig => ({
    id,
    protocol: 'saml',
    provisioning: true,
    syncing: true,
    saml: { entryPoint: 'https://idp.example/sso', idpIssuer, idpCert: idp.cert, ...saml },
  })
  return [
    one('okta', okta, OKTA),
    one('entra', entra, ENTRA),
    one('wants-assertion-signed', okta, OKTA, { wantAssertionsSigned: true }),
    one('wants-response-signed', okta, OKTA, { wantAuthnResponseSigned: true }),
    one('allows-no-age', okta, OKTA, { maxAssertionAgeMs: 60_000 }),
    one('allows-unasked', okta, OKTA, { allowIdpInitiated: true }),
    one('asks-for-two-factors', okta, OKTA, { authnContext: ['https://refeds.org/profile/mfa'] }),
    one('asks-anew', okta, OKTA, { forceAuthn: true }),
    one('decrypts', okta, OKTA, { decryptionPvk: sp.key, decryptionCert: sp.cert }),
  ]
}

/** An app with the real router, engine and model over a real database, and every event of its listeners. */
export class SamlCompany {
  readonly refused: JitError[] = []
  readonly faults: Error[] = []

  private constructor(
    readonly app: WebApp,
    readonly parties: Parties,
  ) {
    app.jit.on('refused', (error) => void this.refused.push(error))
    app.jit.on('error', (error) => void this.faults.push(error))
  }

  static async open(mongo?: Pick<TestMongo, 'uri' | 'close'>): Promise<SamlCompany> {
    const parties = await createParties()
    const app = await webApp({ sources: () => samlSources(parties), ...(mongo && { mongo }) })
    return new SamlCompany(app, parties)
  }

  source(id: string): SamlSource {
    return hostOf(this.app.jit).source(id) as SamlSource
  }

  /** Starts a sign-in with a fresh browser. */
  async start(id: string): Promise<Started> {
    const response = await request(this.app.origin).get(`/sso/${id}/login`).expect(302)
    const [requestId] = /(?<= ID=")[^"]+/.exec(requestXml(String(response.headers.location))) ?? []
    return { id: String(requestId), cookie: cookieOf(response) }
  }

  /** A valid Response to a new sign-in, except for `changes`. */
  respond(id: string, started: Started, changes: Partial<ResponseOptions> = {}): Promise<string> {
    const { saml } = this.source(id)
    return responseXml({
      ...defaults,
      attributes: annsAttributes,
      keys: id === 'entra' ? this.parties.entra : this.parties.okta,
      issuer: saml.idpIssuer,
      responseIssuer: saml.idpIssuer,
      audience: saml.issuer,
      recipient: saml.callbackUrl,
      destination: saml.callbackUrl,
      inResponseTo: started.id,
      responseInResponseTo: changes.inResponseTo === undefined ? started.id : changes.inResponseTo,
      ...changes,
    })
  }

  /** Posts a message as a browser would. */
  post(id: string, xml: string, cookie = ''): request.Test {
    return this.postForm(id, { SAMLResponse: Buffer.from(xml).toString('base64') }, cookie)
  }

  postForm(id: string, form: object | string, cookie = '', query = ''): request.Test {
    return request(this.app.origin)
      .post(`/sso/${id}/callback${query}`)
      .set('Cookie', cookie)
      .set('Accept', 'text/html')
      .type('form')
      .send(form)
  }

  /** All of the app's data about its users. */
  async users(): Promise<string> {
    return JSON.stringify(await this.app.User.find().sort({ _id: 1 }).lean())
  }

  close(): Promise<void> {
    return this.app.close()
  }
}
