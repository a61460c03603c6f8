import express from 'express'
import request from 'supertest'
import type { SamlOptions } from '../../src/sources/config'
import { IDP_ISSUER, samlApp, type SamlApp } from '../helpers/saml-app'
import type { Keys } from '../helpers/saml-idp'

// eslint-disable-next-line @typescript-eslint/no-require-imports
const samlp = require('samlp') as {
  auth(options: object): express.RequestHandler
  sendError(options: object): express.RequestHandler
}

const claims = {
  email: 'ann@example.com',
  displayName: 'Ann & Söhne <GmbH>',
  groups: ['staff', 'admins'],
  age: 42,
}

let app: SamlApp
let close: () => Promise<void>

beforeAll(async () => {
  ;({ app, close } = await samlApp())
})
afterAll(() => close())
beforeEach(() => (app.logins.length = 0))

/** The identity provider of the samlp package, set up independently. */
function identityProvider(keys: Keys, acs: string, options: object = {}): express.Express {
  const shared = {
    issuer: IDP_ISSUER,
    cert: keys.cert,
    key: keys.key,
    destination: acs,
    recipient: acs,
    getUserFromRequest: () => claims,
    profileMapper: () => ({
      getClaims: () => claims,
      getNameIdentifier: () => ({
        nameIdentifier: 'ann-1',
        nameIdentifierFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
      }),
    }),
    ...options,
  }
  const idp = express()
  idp.use((req, _res, next) => {
    Object.defineProperty(req, 'query', { value: { ...req.query }, writable: true })
    next()
  })
  const getPostURL = (
    _audience: unknown,
    _request: unknown,
    _req: unknown,
    done: (e: null, url: string) => void,
  ) => done(null, acs)
  idp.get('/sso', samlp.auth({ ...shared, getPostURL }))
  const refuse = { code: 'urn:oasis:names:tc:SAML:2.0:status:AuthnFailed', description: 'no' }
  idp.get(
    '/refuse',
    samlp.sendError({
      ...shared,
      error: refuse,
      getPostURL: (_req: unknown, done: (e: null, url: string) => void) => done(null, acs),
    }),
  )
  return idp
}

/** Completes a sign-in as a browser does. */
async function signIn(
  saml: Partial<SamlOptions>,
  options: object = {},
  path = '/sso',
): Promise<request.Response> {
  const source = app.source('okta', saml)
  const idp = identityProvider(app.idp, source.saml.callbackUrl, options)
  const login = await request(app.server).get('/sso/okta/login').expect(302)
  const form = await request(idp)
    .get(path + new URL(String(login.headers.location)).search)
    .expect(200)
  const [, message = ''] = /name="SAMLResponse"\s+value="([^"]+)"/.exec(form.text) ?? []
  const cookie = (login.headers['set-cookie'] as unknown as string[])
    .map((all) => all.split(';')[0])
    .join('; ')
  return app.postField('okta', message, cookie)
}

describe('a sign-in at a samlp identity provider', () => {
  it.each<[string, () => Partial<SamlOptions>, () => object]>([
    ['with a signed assertion', () => ({}), () => ({})],
    ['with a signed Response', () => ({}), () => ({ signAssertion: false, signResponse: true })],
    ['with both signed', () => ({ wantAssertionsSigned: true }), () => ({ signResponse: true })],
    [
      'with a signed request',
      () => ({ privateKey: app.sp.key, publicCert: app.sp.cert }),
      () => ({ signingCert: app.sp.cert }),
    ],
    [
      'with an encrypted assertion',
      () => ({ decryptionPvk: app.sp.key, decryptionCert: app.sp.cert }),
      () => ({ encryptionPublicKey: app.sp.publicKey, encryptionCert: app.sp.cert }),
    ],
  ])('succeeds %s', async (_, saml, options) => {
    const response = await signIn(saml(), options())
    expect(response.body).toMatchObject({ user: { id: 7 } })
    expect(app.logins[0]?.assertion).toMatchObject({ issuer: IDP_ISSUER, subject: 'ann-1' })
    expect(Object.entries(app.logins[0]?.assertion.attributes ?? {})).toEqual([
      ['email', 'ann@example.com'],
      ['displayName', 'Ann & Söhne <GmbH>'],
      ['groups', ['staff', 'admins']],
      ['age', '42'],
    ])
  })

  it('is refused with SHA-1', async () => {
    const response = await signIn({}, { signatureAlgorithm: 'rsa-sha1', digestAlgorithm: 'sha1' })
    expect(response.body.details).toEqual({
      ...{ check: 'algorithm', algorithm: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1' },
    })
  })

  it('is refused if the identity provider refuses', async () => {
    const response = await signIn({}, {}, '/refuse')
    expect(response.status).toBe(403)
    expect(response.body).toMatchObject({ code: 'provider_refused', details: { provider: 'AuthnFailed' } })
    expect(app.logins).toEqual([])
  })
})
