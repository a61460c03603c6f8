import { spawnSync } from 'node:child_process'
import { deflateRawSync } from 'node:zlib'
import { type CacheProvider, MultiSamlStrategy, type SamlConfig, Strategy } from '@node-saml/passport-saml'
import express from 'express'
import passport from 'passport'
import request from 'supertest'
import { algorithms, attribute, errorXml, type ResponseOptions } from '../helpers/saml-idp'
import { annsAttributes, SamlCompany } from '../helpers/saml-company'
import { expectCostAtMost } from '../helpers/cpu'

/**
 * Sends the same messages to the bare strategy, set up as in its README: what it accepts or crashes on, and this
 * library refuses. When a later version closes a hole, its test here fails and can be deleted.
 */
type Changes = Partial<ResponseOptions>

let company: SamlCompany

beforeAll(async () => {
  company = await SamlCompany.open()
})
afterAll(() => company.close())

/** passport-saml with the usual options. */
function options(rest: Partial<SamlConfig> = {}): SamlConfig {
  const { saml } = company.source('okta')
  const { entryPoint, idpCert, idpIssuer, issuer, callbackUrl } = saml
  return {
    ...{ entryPoint, idpCert, idpIssuer, issuer, callbackUrl, audience: issuer },
    ...{ wantAssertionsSigned: false, wantAuthnResponseSigned: false, acceptedClockSkewMs: 60_000 },
    ...rest,
  }
}

/** An app with the bare strategy. The next handler returns the signed-in user, if any. */
function bareApp(config: SamlConfig, ended: unknown[] = []): express.Express {
  const own = new passport.Passport()
  const accept = (profile: unknown, done: (error: null, user: unknown) => void): void => done(null, profile)
  const strategy: unknown = new Strategy(config, accept as never, accept as never)
  own.use('bare', strategy as passport.Strategy)
  const app = express()
  app.use(express.urlencoded({ extended: false, limit: '5mb' }))
  app.use((req, _res, next) => {
    req.logOut = (done) => (done as (error?: unknown) => void)(void ended.push('session'))
    next()
  })
  app.all('/acs', own.authenticate('bare', { session: false }), (req, res) => {
    const user = req.user as Record<string, unknown> | undefined
    res.json({ nameID: user?.['nameID'] ?? null, profile: user })
  })
  app.use(((error: Error, _req, res, _next) => {
    res.status(500).json({ error: error.message })
  }) as express.ErrorRequestHandler)
  return app
}

function post(app: express.Express, xml: string): request.Test {
  const SAMLResponse = Buffer.from(xml).toString('base64')
  return request(app).post('/acs').type('form').send({ SAMLResponse })
}

async function expectRefusedHere(xml: string, cookie: string, check: string, id = 'okta'): Promise<void> {
  company.refused.length = 0
  const { status } = await company.post(id, xml, cookie)
  expect([status >= 400, company.refused[0]?.details.check]).toEqual([true, check])
  expect(await company.app.User.countDocuments()).toBe(0)
}

describe('the bare strategy accepts, and this library refuses,', () => {
  const elsewhere = 'https://elsewhere.example/acs'
  const cases: [string, string, Changes][] = [
    ['an assertion from another issuer', 'issuer', { issuer: 'https://evil.example' }],
    ['a Response from another issuer', 'issuer', { responseIssuer: 'https://evil.example' }],
    ['an assertion without an Issuer', 'issuer', { issuer: '' }],
    ['a Response with another Destination', 'destination', { destination: elsewhere }],
    ['a signed Response without a Destination', 'destination', { destination: null }],
    ['an assertion with another Recipient', 'recipient', { recipient: elsewhere }],
    ['an assertion without a Recipient', 'recipient', { recipient: null }],
    [
      'a SubjectConfirmation with another method',
      'confirmation',
      { method: 'urn:oasis:names:tc:SAML:2.0:cm:holder-of-key' },
    ],
    ['an expired SubjectConfirmation', 'expired', { confirmationEnds: -3600 }],
    ['an unknown condition', 'conditions', { conditionsExtra: '<saml:Condition/>' }],
    [
      'an assertion of an ended provider session',
      'session_not_on_or_after',
      {
        afterAssertion: (xml) =>
          xml.replace(' SessionIndex=', ' SessionNotOnOrAfter="2020-01-01T00:00:00Z"$&'),
      },
    ],
    ['SHA-1', 'algorithm', { signatureAlgorithm: algorithms.rsaSha1, digestAlgorithm: algorithms.sha1 }],
    ['a DOCTYPE', 'doctype', { doctype: '<!DOCTYPE samlp:Response [<!ENTITY a "b">]>' }],
    [
      'a processing instruction',
      'structure',
      { sign: ['assertion'], afterResponse: (xml) => xml.replace('<samlp:Status>', '<?a b?>$&') },
    ],
    [
      'a Status other than Success, next to an assertion',
      'provider',
      { status: ['urn:oasis:names:tc:SAML:2.0:status:Responder'] },
    ],
    ['an unsolicited Response', 'in_response_to', { inResponseTo: null }],
    ['a Response to a request that was never made', 'in_response_to', { inResponseTo: '_nobody' }],
  ]
  it.each(cases)('%s', async (_, check, changes) => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started, changes)
    const answer = await post(bareApp(options()), xml)
    expect(answer.body).toMatchObject({ nameID: 'ann-1' })
    if (check === 'provider') {
      const { body } = await company.post('okta', xml, started.cookie).set('Accept', 'application/json')
      expect(body).toMatchObject({ code: 'provider_refused', provider: 'Responder' })
    } else {
      await expectRefusedHere(xml, started.cookie, check)
    }
  })

  it.each([
    ['an authentication context that was not requested', 'asks-for-two-factors', 'authn_context'],
    ['an old sign-in, although a new one was requested', 'asks-anew', 'authn_instant'],
  ])('%s', async (_, id, check) => {
    const started = await company.start(id)
    const xml = await company.respond(id, started, {
      afterAssertion: (one) => one.replace(/AuthnInstant="\d{4}/, 'AuthnInstant="2020'),
    })
    const { issuer, authnContext, forceAuthn } = company.source(id).saml
    const bare = bareApp(
      options({
        ...{ issuer, audience: issuer },
        ...(authnContext && { authnContext }),
        ...(forceAuthn && { forceAuthn }),
      }),
    )
    expect((await post(bare, xml)).body).toMatchObject({ nameID: 'ann-1' })
    await expectRefusedHere(xml, started.cookie, check, id)
  })

  it('a Response sent twice, since it remembers none', async () => {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started)
    const bare = bareApp(options())
    expect([(await post(bare, xml)).body.nameID, (await post(bare, xml)).body.nameID]).toEqual([
      'ann-1',
      'ann-1',
    ])
    await company.post('okta', xml, started.cookie).expect(302)
    await company.app.User.deleteMany({})
    // The browser that it signed in is only redirected.
    await company.post('okta', xml, started.cookie).expect(302)
    await expectRefusedHere(xml, (await company.start('okta')).cookie, 'in_response_to')
  })

  it('an unsigned LogoutRequest by GET', async () => {
    const xml =
      `<samlp:LogoutRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0">` +
      `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${company.source('okta').saml.idpIssuer}</saml:Issuer>` +
      `<saml:NameID xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">admin</saml:NameID></samlp:LogoutRequest>`
    const SAMLRequest = deflated(xml)
    const ended: unknown[] = []
    const app = bareApp(options({ logoutUrl: 'https://idp.example/logout' }), ended)
    await request(app).get('/acs').query({ SAMLRequest }).expect(302)
    expect(ended).toEqual(['session'])
    const ours = await request(company.app.origin).get('/sso/okta/callback').query({ SAMLRequest })
    expect([ours.status, company.refused.at(-1)?.details.check]).toEqual([403, 'binding'])
  })

  it('any LogoutResponse by GET, and then runs the next handler without a user', async () => {
    const { idpIssuer } = company.source('okta').saml
    const xml =
      `<samlp:LogoutResponse xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_1" Version="2.0">` +
      `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${idpIssuer}</saml:Issuer><samlp:Status>` +
      `<samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status></samlp:LogoutResponse>`
    const SAMLResponse = deflated(xml)
    const answer = await request(bareApp(options())).get('/acs').query({ SAMLResponse })
    expect([answer.status, answer.body]).toEqual([200, { nameID: null }])
    const ours = await request(company.app.origin).get('/sso/okta/callback').query({ SAMLResponse })
    expect([ours.status, company.refused.at(-1)?.details.check]).toEqual([403, 'binding'])
  })
})

describe('with its own InResponseTo check, the bare strategy accepts, and this library refuses,', () => {
  /** A cache that several processes can share, as slow as a database. */
  class SharedCache implements CacheProvider {
    readonly values = new Map<string, string>()
    async saveAsync(key: string, value: string) {
      await Promise.resolve(this.values.set(key, value))
      return { value, createdAt: Date.now() }
    }
    async getAsync(key: string) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return this.values.get(key) ?? null
    }
    async removeAsync(key: string | null) {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return key !== null && this.values.delete(key) ? key : null
    }
  }
  const checked = (mode: 'always' | 'ifPresent', cacheProvider: CacheProvider): SamlConfig =>
    options({ validateInResponseTo: mode as never, cacheProvider })

  async function asked(): Promise<{ cache: SharedCache; started: { id: string; cookie: string } }> {
    const [cache, started] = [new SharedCache(), await company.start('okta')]
    cache.values.set(started.id, new Date().toISOString())
    return { cache, started }
  }

  it('one Response at two processes at once', async () => {
    const { cache, started } = await asked()
    const xml = await company.respond('okta', started)
    const processes = [bareApp(checked('always', cache)), bareApp(checked('always', cache))]
    const answers = await Promise.all(processes.map((app) => post(app, xml)))
    expect(answers.map(({ body }) => body.nameID)).toEqual(['ann-1', 'ann-1'])
    const logins: unknown[] = []
    company.app.jit.on('login', (result) => void logins.push(result))
    await Promise.all([1, 2].map(() => company.post('okta', xml, started.cookie).expect(302)))
    expect(logins).toHaveLength(1)
    await company.app.User.deleteMany({})
  })

  it('a Response without InResponseTo, if only the assertion is signed', async () => {
    const { cache, started } = await asked()
    const changes: Changes = { sign: ['assertion'], responseInResponseTo: null }
    const xml = await company.respond('okta', { id: '_stolen', cookie: '' }, changes)
    expect((await post(bareApp(checked('ifPresent', cache)), xml)).body.nameID).toBe('ann-1')
    await expectRefusedHere(xml, started.cookie, 'in_response_to')
  })

  it('a Response sent repeatedly, if its SubjectConfirmation has no InResponseTo', async () => {
    const { cache, started } = await asked()
    const xml = await company.respond('okta', started, {
      inResponseTo: null,
      responseInResponseTo: started.id,
    })
    const bare = bareApp(checked('always', cache))
    for (let round = 0; round < 3; round++) expect((await post(bare, xml)).body.nameID).toBe('ann-1')
    await expectRefusedHere(xml, started.cookie, 'in_response_to')
  })

  it('a Response from a browser other than the one that started the sign-in', async () => {
    const { cache, started } = await asked()
    const xml = await company.respond('okta', started)
    expect((await post(bareApp(checked('always', cache)), xml)).body.nameID).toBe('ann-1')
    await expectRefusedHere(xml, (await company.start('okta')).cookie, 'in_response_to')
  })
})

describe('the bare strategy reads, and this library does not,', () => {
  async function readByBoth(attributes: string) {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started, { attributes: annsAttributes + attributes })
    const { profile } = (await post(bareApp(options()), xml)).body
    await company.post('okta', xml, started.cookie).expect(302)
    const user = await company.app.User.findOne().lean()
    await company.app.User.deleteMany({})
    return { profile: profile as Record<string, unknown>, user }
  }

  it('attributes as properties of the profile', async () => {
    const { profile, user } = await readByBoth(
      attribute('sessionIndex2', 'x') + attribute('inResponseTo2', 'y'),
    )
    expect(profile).toMatchObject({ sessionIndex2: 'x', inResponseTo2: 'y' })
    expect(user).not.toHaveProperty('sessionIndex2')
  })

  it('an attribute named __proto__ as the prototype of the attributes', () => {
    const nested = '<saml:NameID>admin</saml:NameID>'
    return expectPolluted(attribute('__proto__', nested))
  })

  async function expectPolluted(attributes: string): Promise<void> {
    const started = await company.start('okta')
    const xml = await company.respond('okta', started, { attributes: annsAttributes + attributes })
    const read = await new Promise<object>((resolve, reject) => {
      const accept = (profile: { attributes: object }): void => resolve(profile.attributes)
      const strategy = new Strategy(options(), accept as never, accept as never)
      const body = { SAMLResponse: Buffer.from(xml).toString('base64') }
      const listener = Object.assign(Object.create(strategy) as Strategy, { error: reject, fail: reject })
      listener.authenticate({ method: 'POST', query: {}, body } as never, {})
    })
    expect(Object.getPrototypeOf(read)).toHaveProperty('NameID')
    await company.post('okta', xml, started.cookie).expect(302)
    expect(({} as Record<string, unknown>)['NameID']).toBeUndefined()
    expect(await company.app.User.findOne().lean()).toMatchObject({ firstName: 'Ann' })
    await company.app.User.deleteMany({})
  }
})

describe('the bare strategy fails with, and this library handles,', () => {
  it('options without a certificate', () => {
    const script = `
      const { MultiSamlStrategy } = require('@node-saml/passport-saml')
      const getSamlOptions = async (_req, done) => done(null, { callbackUrl: 'x', issuer: 'x', entryPoint: 'x' })
      const strategy = new MultiSamlStrategy({ passReqToCallback: true, getSamlOptions }, () => {}, () => {})
      for (const action of ['error', 'fail', 'redirect', 'success']) strategy[action] = () => console.log(action)
      strategy.authenticate({ query: {}, body: { SAMLResponse: 'x' } }, {})
      setTimeout(() => console.log('alive'), 100)`
    const bare = spawnSync(process.execPath, ['-e', script], { cwd: __dirname, encoding: 'utf8' })
    expect([bare.status, bare.stdout]).toEqual([1, ''])
    expect(bare.stderr).toContain('idpCert is required')
  })

  it('a costly message of 20 kilobytes', async () => {
    const xml = `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol">${'<a/>'.repeat(5000)}</samlp:Response>`
    const strategy = bareApp(options())
    const bare = async (): Promise<void> => expect((await post(strategy, xml)).status).toBe(500)
    const ours = async (): Promise<void> => expect((await company.post('okta', xml)).status).toBe(400)
    await expectCostAtMost(1 / 4, bare, ours)
  })

  it('a MultiSamlStrategy without a shared cache: every sign-in that checks InResponseTo fails', async () => {
    const started = await company.start('okta')
    const config = options({ validateInResponseTo: 'always' as never })
    const error = await new Promise<Error>((resolve) => {
      const verify = (() => undefined) as never
      const getSamlOptions = (_req: unknown, done: (error: null, given: SamlConfig) => void): void =>
        done(null, config)
      const strategy = new MultiSamlStrategy({ passReqToCallback: true, getSamlOptions }, verify, verify)
      const listener = Object.assign(Object.create(strategy) as MultiSamlStrategy, { error: resolve })
      void company.respond('okta', started).then((xml) =>
        listener.authenticate(
          {
            method: 'POST',
            query: {},
            body: { SAMLResponse: Buffer.from(xml).toString('base64') },
          } as never,
          {},
        ),
      )
    })
    expect(error.message).toContain('InResponseTo')
    await company.post('okta', await company.respond('okta', started), started.cookie).expect(302)
    await company.app.User.deleteMany({})
  })
})

describe('the bare strategy shows a refusal', () => {
  it('with the sender’s StatusMessage; this library uses only the status code', async () => {
    const { callbackUrl, idpIssuer } = company.source('okta').saml
    const status = ['urn:oasis:names:tc:SAML:2.0:status:Responder']
    const xml = errorXml({ destination: callbackUrl, responseIssuer: idpIssuer, status }).replace(
      '</samlp:Status>',
      '<samlp:StatusMessage>call 555-0100</samlp:StatusMessage></samlp:Status>',
    )
    expect((await post(bareApp(options()), xml)).body.error).toContain('call 555-0100')
    expect((await company.post('okta', xml)).text).not.toContain('555-0100')
  })
})

function deflated(xml: string): string {
  return deflateRawSync(xml).toString('base64')
}
