import type { Request, RequestHandler, Router } from 'express'
import type { Strategy } from 'passport'
import type { ActivityOptions } from './activity/options'
import { JitError } from './errors'
import type { JitEvents } from './events'
import { didYouMean } from './fields/near-miss'
import type { SettableOf, ValuesOf } from './fields/model-paths'
import type { UserModel } from './fields/plugin'
import type { Assertion } from './login/assertion'
import type { Decide } from './login/decision'
import type { ManagedField } from './login/managed-field'
import type { LoginPlan, LoginResult } from './login/result'
import { type Proxy, proxyProblem } from './outgoing/proxy'
import { type SamlLimits, samlLimitProblems } from './saml/limits'
import type { SignedInThrough } from './passport/signed-in-through'
import type { SessionStore } from './sessions/app-session'
import type { SourceConfig } from './sources/config'
import type { SourceDetails } from './sources/details'
import type { MongoSources } from './stored-sources/options'
import type { AdminRouterOptions } from './web/admin/admin-options'
import type { RequireSsoOptions } from './web/require-sso'
import type { PassportInstance, RouterOptions } from './web/router-options'

/** The document type of a Mongoose model. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type UserOf<M> = M extends abstract new (...args: any) => infer User ? User : never

export interface JitOptions<M extends UserModel = UserModel> {
  /** The app's user model, whose schema uses the jitUser plugin. */
  userModel: M
  /** The public address where `router()` is mounted: `https://app.example.com/sso`. */
  baseUrl: string
  /** Sources in code, in the order in which they are shown, and at most one `mongoSources()`, shown last. */
  sources: (SourceConfig | MongoSources)[]
  /** Whether a user may sign in. Default: every user whose `active` is not false. */
  isActive?: (user: UserOf<M>) => boolean | Promise<boolean>
  /**
   * The app's own rule about who may come in, asked once for each sign-in, preview and test sign-in, before anything is
   * written. It may refuse, set values of the user, and let an inactive user back in. An answer that can't be used is an
   * `error`, and nothing is written. There is no time limit. Default: everyone whom nothing else refuses.
   */
  decide?: Decide<UserOf<M>, Readonly<ValuesOf<M>>, SettableOf<M>>
  /** Paths that the `set` of a source in the admin area may name, beside the fields. Default: none. */
  settable?: readonly string[]
  /**
   * Ids of sources by a field's path. Where several of a user's sources sync the field, the first one in this list decides,
   * and the others leave the field unchanged. Default: the last sign-in wins.
   */
  authority?: Record<string, readonly string[]>
  /** Default: the shared instance, `require('passport')`. */
  passport?: PassportInstance
  /**
   * The app's session store: an express-session Store. `endSessions` and `disconnect` end sessions in it. Default: that of
   * the last request which passed `router()`.
   */
  sessionStore?: SessionStore
  /**
   * The record of sign-ins that the admin area shows. Default: 90 days without values, from the first call of
   * `adminRouter()`. An object records in any case, false never.
   */
  activity?: ActivityOptions | false
  /** The largest SAML messages. Each limit has a default. */
  samlLimits?: Partial<SamlLimits>
  /**
   * How requests to providers go out: through the proxy of the variables `HTTPS_PROXY` and `NO_PROXY` (`true`), or by an
   * `https.Agent` of your own. Default: directly.
   */
  proxy?: Proxy
}

/** What `createJit` returns. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a `Jit` holds any result of createJit
export interface Jit<User = any> {
  /**
   * Checks sources, fields and indexes, and creates indexes where the model's autoIndex is on. Loads the sources in the
   * database; a broken one is an `error` event and stops no other. Rejects with one JitError `invalid_configuration`
   * whose `details.problems` lists every problem. Never waits for a provider.
   */
  ready(): Promise<void>
  /** Sign-in page, sign-in, callback, SP metadata, sign-out and single logout. Mount it at `baseUrl`. */
  router(options?: RouterOptions): Router
  /**
   * The admin area with its JSON API. Mount it anywhere on the origin of `baseUrl`, behind the app's session. Throws
   * JitError `invalid_configuration` without `authorize`.
   */
  adminRouter(options: AdminRouterOptions): Router
  /** Middleware that puts every source's SourceDetails on `res.locals.ssoSources`. */
  exposeSources(): RequestHandler
  /**
   * The Passport strategy of one source, for apps that write their own routes. Throws for an unknown source, but not
   * with `mongoSources()`, where the source may be added later.
   */
  strategy(id: string): Strategy
  /**
   * Every source, on or off, without secrets. With `organization`, only those of this organization; undefined means
   * those that belong to none.
   */
  sources(filter?: { organization?: string | undefined }): SourceDetails[]
  /** Throws JitError `unknown_source`. */
  source(id: string): SourceDetails
  /** Signs a person in without HTTP. Rejects with JitError where that is refused; then nothing is written. */
  login(id: string, assertion: Assertion): Promise<LoginResult<User>>
  /** What `login` would do, refusals included. Writes nothing. */
  preview(id: string, assertion: Assertion): Promise<LoginPlan>
  /**
   * The source, and its organization, through which the session of this request began. Undefined for a session that began
   * otherwise, and where another user has signed in since.
   */
  signedInThrough(req: Request): SignedInThrough | undefined
  /** The fields of a user that their sources keep in sync, with the source that decides. Only sources that are on count. */
  managedFields(user: object): Promise<ManagedField[]>
  /**
   * Ends the sessions that sign-ins through this library began for a user, on every instance, except the session of the
   * request `except`. `user`: a document, or its id. Resolves to how many ended. A sign-in under way that began before gets
   * no session. Sessions that began by a password are the app's. Rejects with JitError `invalid_configuration` without a
   * session store.
   */
  endSessions(user: unknown, options?: { except?: Request }): Promise<number>
  /**
   * Middleware that lets a person who is signed in connect an identity of a source to their account, whatever `linking`
   * says. Only pages of this origin may begin it. It ends at `returnTo`, a path of this origin; default: `returnTo` in the
   * query.
   */
  connect(id: string, options?: { returnTo?: string }): RequestHandler
  /**
   * Removes a user's identities at a source, which may be gone, and ends the sessions that it began. `user`: a document, or
   * its id. Resolves to how many identities it removed. Rejects with JitError `linking_refused` where the user would have
   * none left, unless `force` is true, and with `invalid_configuration` without a session store.
   */
  disconnect(user: unknown, source: string, options?: { force?: boolean }): Promise<number>
  /**
   * The first source in order that is on, is `enforced` and has the domain of this email. Rejects with JitError, status
   * 400, for what is not text.
   */
  requiredSource(email: unknown): Promise<SourceDetails | undefined>
  /**
   * Middleware before a password route. A person whose email belongs to an enforced source is sent to that sign-in; JSON
   * gets 403 with code `sso_required` and `loginUrl`.
   */
  requireSso(options: RequireSsoOptions): RequestHandler
  /** Adds a listener. A promise it returns is awaited; an error it throws becomes an `error` event. */
  on<E extends keyof JitEvents<User>>(event: E, listener: (...args: JitEvents<User>[E]) => unknown): this
  /** Stops background work: reading changed sources, filling references, writing activity (what waits is written). */
  close(): Promise<void>
}

const optionNames = [
  ...['userModel', 'baseUrl', 'sources', 'isActive', 'decide', 'settable', 'authority'],
  ...['passport', 'sessionStore', 'activity', 'samlLimits', 'proxy'],
]

export function checkOptions(options: JitOptions): void {
  const { userModel, baseUrl, sources, isActive, decide, settable, passport, sessionStore } = (options ??
    {}) as Partial<JitOptions>
  const problems = [
    ...unknownOptions(options ?? {}, optionNames),
    ...(userModel?.schema ? [] : ['userModel: must be the Mongoose model of your users']),
    ...(isBaseUrl(baseUrl)
      ? []
      : ['baseUrl: must be the public http(s) address of the router, such as https://app.example.com/sso']),
    ...(Array.isArray(sources) ? [] : ['sources: must be an array']),
    ...(isActive === undefined || typeof isActive === 'function' ? [] : ['isActive: must be a function']),
    ...(decide === undefined || typeof decide === 'function' ? [] : ['decide: must be a function']),
    ...(settable === undefined || isListOfText(settable) ? [] : ['settable: must be a list of paths']),
    ...(passport === undefined || 'authenticate' in passport
      ? []
      : ['passport: must be a Passport instance']),
    ...(sessionStore === undefined || typeof sessionStore?.destroy === 'function'
      ? []
      : ['sessionStore: must be a session store, such as a MemoryStore of express-session']),
    ...samlLimitProblems(options?.samlLimits),
    ...[proxyProblem(options?.proxy)].flatMap((problem) => (problem ? [`proxy: ${problem}`] : [])),
  ]
  refuseProblems('createJit:', problems)
}

export function checkNames(name: string, options: object, known: readonly string[]): void {
  refuseProblems(`${name}:`, unknownOptions(options, known))
}

function unknownOptions(options: object, known: readonly string[]): string[] {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  return unknown.map((name) => `${name}: there is no such option${didYouMean(name, known)}`)
}

export function refuseProblems(title: string, problems: string[]): void {
  if (problems.length === 0) return
  throw new JitError('invalid_configuration', [title, ...problems].join('\n- '), { details: { problems } })
}

function isListOfText(value: unknown): boolean {
  return Array.isArray(value) && value.every((path) => typeof path === 'string')
}

function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, search, hash, username } = new URL(value)
  return ['http:', 'https:'].includes(protocol) && search === '' && hash === '' && username === ''
}
