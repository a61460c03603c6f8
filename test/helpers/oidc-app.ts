import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import type { Connection } from 'mongoose'
import mongoose from 'mongoose'
import { Passport, type Strategy } from 'passport'
import { begin } from '../../src/oidc/begin'
import { type OidcMessage, readResponse, receive } from '../../src/oidc/receive'
import { registerHost, type SignInHost } from '../../src/passport/host'
import type { JitHandle } from '../../src/passport/jit-strategy'
import type { SignInProtocol } from '../../src/passport/protocol'
import type { Assertion } from '../../src/login/assertion'
import { JitError } from '../../src/errors'
import type { LoginResult } from '../../src/login/result'
import { SignedInSessions } from '../../src/sessions/signed-in-sessions'
import type { OidcSource } from '../../src/sources/config'
import type { MappedField } from '../../src/sources/mapping'
import { OidcJitStrategy } from '../../src/oidc/strategy'
import { PendingSignIns } from '../../src/sessions/pending-sign-ins'
import type { TestMongo } from './mongo'
import { testMongo } from './mongo'

/** A source's validated settings; defaults fill the rest. */
export type TestOidcOptions = Partial<OidcSource['oidc']>

/** How a callback ended: `success` with a user, `fail` with a challenge, or `error`. */
export interface Ending {
  ending: 'success' | 'fail' | 'error'
  user?: unknown
  returnTo?: string
  code?: string
  check?: string
  provider?: string
  status?: number
  message?: string
}

export interface TestApp {
  /** Known once it has started. */
  url: string
  /** The arguments of `login`. */
  assertions: Assertion[]
  /** The results of requests, in order. */
  endings: Ending[]
  /** Set once it has started. */
  requests?: PendingSignIns
  /** The reports to the app's listeners. */
  reports: unknown[]
  /** Adds a source, or replaces one. */
  use(id: string, oidc: TestOidcOptions, rest?: Partial<OidcSource>): void
  forget(id: string): void
  /** The return value of `mapping`. */
  mapping: MappedField[]
  /** Replaces `login`, after it has recorded the assertion. */
  login?: () => Promise<LoginResult>
  strategies: Record<string, Strategy>
  start(): Promise<void>
  close(): Promise<void>
}

export const standardMapping: MappedField[] = [
  { path: 'email', label: 'E-mail', attribute: 'email', required: false, standard: 'email' },
  { path: 'firstName', label: 'First name', attribute: 'given_name', required: true, standard: 'firstName' },
  { path: 'lastName', label: 'Last name', attribute: 'family_name', required: true, standard: 'lastName' },
]

/**
 * An Express app with the real strategy, Passport and `SignInRequests`. A stub of the engine records assertions. Its
 * responses show what Passport received.
 */
export function createApp(): TestApp {
  const sources = new Map<string, OidcSource>()
  const passport = new Passport()
  const running: { server?: Server; connection?: Connection; mongo?: TestMongo } = {}
  const app: TestApp = {
    url: '',
    assertions: [],
    endings: [],
    reports: [],
    mapping: standardMapping,
    strategies: {},
    forget: (id) => void sources.delete(id),
    use(id, oidc, rest) {
      sources.set(id, { ...oidcSource(id, app.url, oidc), ...rest })
      app.strategies[id] ??= new OidcJitStrategy(jit, id)
      passport.use(app.strategies[id])
    },
    async start() {
      running.mongo = await testMongo()
      running.connection = await mongoose.createConnection(running.mongo.uri).asPromise()
      const server = (running.server = routes(app, passport).listen(0, '127.0.0.1'))
      await new Promise((resolve) => server.once('listening', resolve))
      app.url = `http://localhost:${(server.address() as AddressInfo).port}`
      app.requests = new PendingSignIns(running.connection, app.url)
      const sessions = new SignedInSessions(running.connection, app.url)
      registerHost(jit, stubHost(app, sources, app.requests, sessions))
    },
    async close() {
      running.server?.closeAllConnections()
      await new Promise((resolve) => running.server?.close(resolve))
      await running.connection?.close()
      await running.mongo?.close()
    },
  }
  const jit = {} as JitHandle
  return app
}

function oidcSource(id: string, url: string, oidc: TestOidcOptions): OidcSource {
  return Object.freeze({
    id,
    label: id,
    protocol: 'oidc',
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
    oidc: {
      issuer: '',
      clientID: 'app',
      scope: 'openid profile email',
      callbackURL: `${url}/${id}/callback`,
      ...oidc,
    },
  } satisfies OidcSource)
}

function stubHost(
  app: TestApp,
  sources: Map<string, OidcSource>,
  requests: PendingSignIns,
  sessions: SignedInSessions,
): SignInHost {
  const source = (id: string): OidcSource => {
    const known = sources.get(id)
    if (!known) throw new JitError('unknown_source', `no source "${id}"`, { source: id })
    return known
  }
  const oidc = {
    begin,
    read: readResponse,
    receive: (...[from, answer]: Parameters<SignInProtocol<OidcSource, OidcMessage>['receive']>) =>
      receive(from, answer, app.mapping),
  }
  return {
    protocols: { saml: undefined as never, oidc },
    pendingSignIns: requests,
    sessions,
    source,
    enabledSource: source,
    login(_id, assertion) {
      app.assertions.push(assertion)
      return app.login?.() ?? Promise.resolve(loginResult(assertion))
    },
    explain: () => Promise.reject(new Error('not used here')),
    postAgain: () => undefined,
    report(error) {
      app.reports.push(error)
      return Promise.resolve(error)
    },
  }
}

function loginResult({ subject }: Assertion): LoginResult {
  const user = { id: subject } as unknown as LoginResult['user']
  return { outcome: 'unchanged', user, changes: [], notices: [] }
}

function routes(app: TestApp, passport: InstanceType<typeof Passport>): express.Express {
  const authenticate = (strategy: string | Strategy, told?: Told): express.Handler =>
    passport.authenticate(strategy, told) as express.Handler
  const noted: express.Handler = (req, res, next) =>
    authenticate(sourceOf(req), noteIn(app, res))(req, res, next)
  passport.serializeUser((user, done) => done(null, user))
  const router = express()
  router.post('/:source/unparsed/callback', noted)
  router.use(express.urlencoded({ extended: true }))
  router.use(session({ secret: 'test', resave: false, saveUninitialized: false }))
  router.set('query parser', 'extended')
  router.all(['/:source/login', '/:source/callback'], noted)
  // As an app writes it: the user and the result arrive on the request.
  router.get('/:source/plain/callback', (req, res, next) =>
    authenticate(sourceOf(req))(req, res, (error?: unknown) =>
      error ? next(error) : res.json({ user: req.user, authInfo: req.authInfo }),
    ),
  )
  router.get('/:source/shared/callback', (req, res, next) =>
    authenticate(app.strategies[sourceOf(req)]!, noteIn(app, res))(req, res, next),
  )
  router.get('/:source/throwing/callback', (req, res, next) =>
    authenticate(sourceOf(req), () => {
      throw new Error('thrown by the app')
    })(req, res, next),
  )
  // Like a SAML strategy for a source with the same ID: no nonce, no code verifier.
  router.get('/:source/other-protocol', async (req, res) => {
    await app.requests?.start(req, { id: 'an-authn-request', source: sourceOf(req) })
    res.send('begun')
  })
  router.use(
    ((error: Error, _req, res, _next) =>
      void res.status(500).send(error.message)) as express.ErrorRequestHandler,
  )
  return router
}

type Told = (error: unknown, user: unknown, info: unknown, status?: number) => void

function sourceOf(req: express.Request): string {
  return String(req.params['source'])
}

function noteIn(app: TestApp, res: express.Response): Told {
  return (error, user, info, status) => {
    const ending = endingOf(error, user, info, status)
    app.endings.push(ending)
    res.status(ending.status ?? 200).json(ending)
  }
}

function endingOf(error: unknown, user: unknown, info: unknown, status?: number): Ending {
  if (!error && user) {
    return { ending: 'success', user, returnTo: (info as { returnTo?: string }).returnTo }
  }
  const reason = error ?? info
  const ending = error ? 'error' : 'fail'
  if (!(reason instanceof JitError)) return { ending, status: 500, message: String(reason) }
  const { code, message, details } = reason
  return { ending, code, message, ...details, status: status ?? reason.status }
}
