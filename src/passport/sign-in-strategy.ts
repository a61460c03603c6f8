import type { Request } from 'express'
import type { AuthenticateOptions, Strategy } from 'passport'
import { JitError } from '../errors'
import { signedInUser } from '../sessions/app-session'
import type { PendingSignIn } from '../sessions/pending-sign-ins'
import { isConnectRequest, POSTED_AGAIN } from '../sessions/request-id'
import { safeReturnTo } from '../sessions/return-to'
import type { Protocol, Source } from '../sources/config'
import { type Actions, actionsOf, endOnce } from './end-request'
import type { SignInHost } from './host'
import { CallbackBrowser } from './callback-browser'
import type { Browser, Message, StartOptions } from './protocol'
import { recordAtLogIn } from './record-at-log-in'
import { endTest } from './test-sign-in'

const titles: Record<Protocol, string> = { saml: 'a SAML', oidc: 'an OpenID Connect' }

/**
 * The Passport strategy of one source, over both protocols. Each request looks the source up, so that it may be added,
 * edited or deleted while the app runs.
 */
export class SignInStrategy implements Strategy {
  // Not #private: Passport calls `authenticate` on objects made by Object.create.
  constructor(
    private readonly host: SignInHost,
    readonly name: string,
  ) {}

  authenticate(req: Request, options?: Options): void {
    authenticate(this, this.host, { req, options })
  }
}

/** What `passport.authenticate` was given. The last two are Passport's own. */
type Options = StartOptions & Pick<AuthenticateOptions, 'successRedirect' | 'successReturnToOrRedirect'>

interface Attempt {
  req: Request
  options?: Options
  /** Refuse a source of the other protocol. */
  protocol?: Protocol
}

/**
 * A strategy's `authenticate`. A request without an answer starts a sign-in; one with an answer finishes it, and
 * Passport gets the user, with `{ jit: LoginResult, returnTo }` as `req.authInfo`. The same answer again, from the same
 * browser, is redirected to where the sign-in went. A HEAD with an answer does nothing. A refusal is Passport's `fail`
 * with a JitError; a fault is its `error`.
 */
export function authenticate(strategy: { name: string }, host: SignInHost, attempt: Attempt): void {
  const actions = actionsOf(strategy)
  const source = strategy.name
  const { report } = host
  endOnce(actions, { req: attempt.req, source, report }, () => run({ ...attempt, host, source }, actions))
}

/** Resolves to the action that ends the request. */
async function run(
  { req, options = {}, protocol: expected, host, source: id }: Attempt & { host: SignInHost; source: string },
  actions: Actions,
): Promise<() => void> {
  const source = host.source(id)
  if (expected !== undefined && expected !== source.protocol) throw wrongProtocol(id, expected)
  const protocol = host.protocols[source.protocol]
  const { method, query } = req
  const request = { method, query, body: req.body as unknown }
  const message = options.test || options.connect ? undefined : protocol.read(source, request)
  // Link scanners send it, before the person's browser sends the answer.
  if (message && method === 'HEAD') return () => req.res?.end()
  const test = message && (await host.pendingSignIns.takeTest(req, id, message.requestId))
  if (test) {
    const answer = { message, browser: testBrowser(test) }
    const ended = await endTest(host, { source, test }, () => protocol.receive(source, answer))
    return () => actions.fail(ended)
  }
  if (!options.test) host.enabledSource(id)
  if (message && isConnectRequest(message.requestId) && lacksSession(req)) return () => host.postAgain(req)
  return message
    ? finish(host, { source, message, req, options }, actions)
    : start(host, { source, options, req }, actions)
}

/** Sends the browser to the provider with a request that only this browser may answer. */
async function start(
  { protocols, pendingSignIns }: SignInHost,
  { source, options, req }: { source: Source; options: StartOptions; req: Request },
  actions: Actions,
): Promise<() => void> {
  const begun = await protocols[source.protocol].begin(source, options)
  const returnTo = safeReturnTo(options.returnTo ?? req.query['returnTo'])
  await pendingSignIns.start(req, {
    ...begun.pending,
    source: source.id,
    // The database would store an undefined as null.
    ...(returnTo !== undefined && { returnTo }),
    ...(options.test && { test: true }),
  })
  return 'form' in begun
    ? () => req.res?.type('html').send(begun.form)
    : () => actions.redirect(begun.redirect)
}

interface Callback {
  req: Request
  source: Source
  message: Message
  options: Options
}

async function finish(host: SignInHost, callback: Callback, actions: Actions): Promise<() => void> {
  const { req, source } = callback
  const browser = new CallbackBrowser(host.pendingSignIns, callback)
  try {
    const answer = { message: callback.message, browser }
    const received = await host.protocols[source.protocol].receive(source, answer)
    const { assertion, providerSession, returnTo, authInfo } = received
    if (browser.connects) {
      await host.login(source.id, assertion, signedInUser(req))
      return () => actions.redirect(connectedAt(callback.options, { returnTo }))
    }
    const result = await host.login(source.id, assertion)
    const session = { ...providerSession, user: String(result.user._id) }
    recordAtLogIn(req, host, { source, session })
    return () => actions.success(result.user, { jit: result, returnTo, ...authInfo })
  } catch (error) {
    if (error instanceof JitError) error.returnTo = browser.returnTo
    const earlier = await browser.failed(error)
    if (!earlier) throw error
    const { options } = callback
    const isConnected = isConnectRequest(earlier.id)
    return () => actions.redirect(isConnected ? connectedAt(options, earlier) : destination(options, earlier))
  }
}

/** Where a sign-in went, as far as Passport's options and the sign-in itself tell. */
function destination(options: Options, { returnTo }: PendingSignIn): string {
  return options.successRedirect ?? returnTo ?? options.successReturnToOrRedirect ?? '/'
}

/** Where to go after an identity was connected. Passport's options are about sign-ins, but its default serves both. */
function connectedAt(options: Options, { returnTo }: Pick<PendingSignIn, 'returnTo'>): string {
  return returnTo ?? options.successReturnToOrRedirect ?? '/'
}

/** A cross-site POST carries no Lax cookie. The form that a page of this origin posts again says so. */
function lacksSession(req: Request): boolean {
  const { [POSTED_AGAIN]: postedAgain } = (req.body ?? {}) as Record<string, unknown>
  return req.method === 'POST' && postedAgain === undefined && signedInUser(req) === undefined
}

/** The test was taken already, so its assertion can't serve again. */
function testBrowser(test: PendingSignIn): Browser {
  return {
    take: (id) => Promise.resolve(id === test.id ? test : undefined),
    isFirstUse: () => Promise.resolve(true),
  }
}

function wrongProtocol(source: string, protocol: Protocol): JitError {
  const message = `Source "${source}" is not ${titles[protocol]} source.`
  return new JitError('invalid_configuration', message, { source })
}
