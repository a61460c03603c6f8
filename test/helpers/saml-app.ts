import { inflateRawSync } from 'node:zlib'
import express from 'express'
import mongoose from 'mongoose'
import passport from 'passport'
import request from 'supertest'
import { registerHost, type SignInHost } from '../../src/passport/host'
import type { JitHandle } from '../../src/passport/jit-strategy'
import { samlProtocol } from '../../src/saml/protocol'
import type { Assertion } from '../../src/login/assertion'
import { JitError } from '../../src/errors'
import type { SamlOptions, SamlSource, Source } from '../../src/sources/config'
import { PendingSignIns } from '../../src/sessions/pending-sign-ins'
import { SamlJitStrategy } from '../../src/saml/strategy'
import { defaultSamlLimits } from '../../src/saml/limits'
import { testMongo } from './mongo'
import { createKeys, defaults, responseXml, type Keys, type ResponseOptions } from './saml-idp'

export const BASE_URL = 'http://127.0.0.1/sso'
export const IDP_ISSUER = 'https://idp.example.com/metadata'

export function samlSource(id: string, idpCert: string, saml: Partial<SamlOptions> = {}): SamlSource {
  return {
    id,
    label: id,
    protocol: 'saml',
    enabled: true,
    identifiers: ['email'],
    provisioning: true,
    syncing: true,
    fields: { provision: 'all', sync: 'all' },
    attributes: {},
    set: {},
    linking: 'verified',
    domains: [],
    enforced: false,
    onAbsent: 'keep',
    onEmpty: 'clear',
    saml: {
      entryPoint: 'https://idp.example.com/sso',
      idpCert,
      idpIssuer: IDP_ISSUER,
      issuer: `${BASE_URL}/${id}/metadata`,
      callbackUrl: `${BASE_URL}/${id}/callback`,
      ...saml,
    },
  }
}

/** What a Response to a pending sign-in needs: the request's ID, and the browser's cookie. */
export interface Started {
  id: string
  cookie: string
}

/** An app with SAML strategies over a real database, and an engine that only records its input. */
export class SamlApp {
  readonly logins: { source: string; assertion: Assertion }[] = []
  readonly server = express()
  loginError: Error | undefined
  readonly #sources = new Map<string, Source>()
  readonly #passport = new passport.Passport()

  constructor(
    readonly idp: Keys,
    readonly sp: Keys,
    readonly requests: PendingSignIns,
  ) {
    this.server.use(express.urlencoded({ extended: true, limit: '2mb' }))
    this.server.all('/sso/:source/callback', this.#handle)
    this.server.all('/sso/:source/login', this.#handle)
    this.server.use(((error: Error, _req, res, _next) => {
      res.status(500).json({ error: error.name, message: error.message })
    }) as express.ErrorRequestHandler)
  }

  get jit(): JitHandle {
    const source = (id: string): Source => {
      const known = this.#sources.get(id)
      if (!known) throw new JitError('unknown_source', 'No such source', { source: id })
      return known
    }
    const host: Partial<SignInHost> = {
      protocols: { saml: samlProtocol(defaultSamlLimits), oidc: undefined as never },
      pendingSignIns: this.requests,
      report: (error) => Promise.resolve(error),
      source,
      enabledSource: source,
      login: (source, assertion) => {
        this.logins.push({ source, assertion })
        if (this.loginError) return Promise.reject(this.loginError)
        return Promise.resolve({ outcome: 'synced', user: { id: 7 } as never, changes: [], notices: [] })
      },
    }
    const jit = {} as JitHandle
    registerHost(jit, host as SignInHost)
    return jit
  }

  /** Adds a source, or replaces it. */
  source(id: string, saml: Partial<SamlOptions> = {}): SamlSource {
    const source = samlSource(id, this.idp.cert, saml)
    this.#sources.set(id, source)
    this.#passport.use(new SamlJitStrategy(this.jit, id))
    return source
  }

  /** Changes a source under the strategy that serves it. */
  replaceSource(id: string, source: Source): void {
    this.#sources.set(id, source)
  }

  readonly #handle: express.RequestHandler = (req, res, next) => {
    const done = (error: unknown, user?: object | false | null, info?: unknown, status?: unknown) => {
      if (error) return next(error)
      if (user) return res.json({ user, info })
      const { code, details, message, source } = info as JitError
      res.status(Number(status)).json({ code, details, message, source })
    }
    ;(this.#passport.authenticate(String(req.params.source), done) as express.RequestHandler)(req, res, next)
  }

  /** Starts a sign-in with a fresh browser, by HTTP-Redirect. */
  async start(id: string, query: Record<string, string> = {}): Promise<Started> {
    const response = await request(this.server).get(`/sso/${id}/login`).query(query).expect(302)
    const [requestId] = /(?<= ID=")[^"]+/.exec(requestXml(String(response.headers.location))) ?? []
    return { id: String(requestId), cookie: cookieOf(response) }
  }

  /** A valid Response to a new sign-in, except for `changes`. */
  async respond(
    source: SamlSource,
    started: Started,
    changes: Partial<ResponseOptions> = {},
  ): Promise<string> {
    return responseXml({
      ...defaults,
      keys: this.idp,
      issuer: IDP_ISSUER,
      responseIssuer: IDP_ISSUER,
      audience: source.saml.issuer,
      recipient: source.saml.callbackUrl,
      destination: source.saml.callbackUrl,
      inResponseTo: started.id,
      responseInResponseTo: changes.inResponseTo === undefined ? started.id : changes.inResponseTo,
      ...changes,
    })
  }

  /** Posts a message as the browser that started the sign-in would. */
  post(id: string, xml: string, cookie = '', fields: Record<string, string> = {}): request.Test {
    return this.postField(id, Buffer.from(xml).toString('base64'), cookie, fields)
  }

  postField(
    id: string,
    SAMLResponse: string,
    cookie = '',
    fields: Record<string, string> = {},
  ): request.Test {
    return request(this.server)
      .post(`/sso/${id}/callback`)
      .set('Cookie', cookie)
      .type('form')
      .send({ SAMLResponse, ...fields })
  }

  /** Starts a sign-in and responds to it. */
  async signIn(source: SamlSource, changes: Partial<ResponseOptions> = {}): Promise<request.Response> {
    const started = await this.start(source.id)
    return this.post(source.id, await this.respond(source, started, changes), started.cookie)
  }
}

/** The cookies that a response set, as a browser would send them back. */
export function cookieOf(response: request.Response): string {
  const cookies = response.headers['set-cookie'] as unknown as string[]
  return cookies.map((cookie) => cookie.split(';')[0]).join('; ')
}

/** The AuthnRequest in an HTTP-Redirect URL (Bindings 3.4.4.1). */
export function requestXml(location: string): string {
  const message = new URL(location).searchParams.get('SAMLRequest') ?? ''
  return inflateRawSync(Buffer.from(message, 'base64')).toString()
}

/** An app with a database of its own; `close` ends both. */
export async function samlApp(): Promise<{ app: SamlApp; close: () => Promise<void> }> {
  const [mongo, idp, sp] = await Promise.all([testMongo(), createKeys('idp'), createKeys('sp')])
  const connection = await mongoose.createConnection(mongo.uri).asPromise()
  const close = async () => {
    await connection.close()
    await mongo.close()
  }
  return { app: new SamlApp(idp, sp, new PendingSignIns(connection, BASE_URL)), close }
}
