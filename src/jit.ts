import type { RequestHandler, Router } from 'express'
import type { Connection } from 'mongoose'
import defaultPassport, { type Strategy } from 'passport'
import { Activity, type ActivityOptions } from './activity/activity'
import { refusalEntry, signInEntry } from './activity/record'
import { context, type JitContext } from './passport/context'
import { type JitEvents, Listeners } from './events'
import type { Field } from './fields/catalog'
import { indexProblems } from './fields/indexes'
import { catalogOf, type UserModel } from './fields/plugin'
import { checkNames, checkOptions, refuseProblems, type JitOptions, type UserOf } from './options'
import type { Assertion } from './login/assertion'
import { type AuthorityOrder, readAuthority } from './sources/authority'
import type { UserDocument, UserStore } from './login/find-candidates'
import { namedFault } from './mongo/faults'
import { LoginEngine } from './login/engine'
import { JitError } from './errors'
import { managedFields, type ManagedField } from './login/managed-fields'
import type { LoginPlan, LoginResult } from './login/result'
import { SignedInSessions } from './sessions/signed-in-sessions'
import type { Source } from './sources/config'
import { describeSource, type SourceDetails } from './sources/details'
import { fieldMapping } from './sources/mapping'
import { SourceRefresh } from './stored-sources/refresh'
import { Editor } from './stored-sources/editor'
import { storeOf } from './stored-sources/mongo-sources'
import { SourceRegistry, type Validate } from './sources/registry'
import type { SourceStore } from './stored-sources/source-store'
import { validateSource } from './sources/validate'
import { AddedLaterStrategy } from './passport/added-later'
import { OidcJitStrategy } from './oidc/strategy'
import { PendingSignIns } from './sessions/pending-sign-ins'
import { SamlJitStrategy } from './saml/strategy'
import { completeSamlLimits } from './saml/limits'
import type { AdminRouterOptions } from './web/admin/admin-context'
import { createAdminRouter } from './web/admin/admin-router'
import { exposeSources } from './web/expose-sources'
import { createRouter, type PassportInstance, type RouterOptions } from './web/router'
import { startTest } from './web/start-test'

/** What `createJit` makes. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- so that a `Jit` holds whatever createJit returns
export interface Jit<User = any> {
  /**
   * Checks sources, fields and indexes (which it creates where the model's autoIndex is on). Rejects with one
   * JitError `invalid_configuration` whose `details.problems` are all that is wrong. Never waits for a provider.
   * Loads the sources in the database; what is wrong with one of those is an `error` event, and breaks it alone.
   */
  ready(): Promise<void>
  /** Sign-in page, sign-in, callback, SP metadata, sign-out and single logout, to be mounted at `baseUrl`. */
  router(options?: RouterOptions): Router
  /**
   * The admin area with its JSON API, to be mounted anywhere on the origin of `baseUrl`, behind the app's session.
   * Throws JitError `invalid_configuration` without `authorize`.
   */
  adminRouter(options: AdminRouterOptions): Router
  /** Middleware that puts every source's SourceDetails on `res.locals.ssoSources`. */
  exposeSources(): RequestHandler
  /**
   * The Passport strategy of one source, for apps that write their own routes. Throws for an unknown source,
   * unless there is a `mongoSources()`: then it may be added later.
   */
  strategy(id: string): Strategy
  /** Every source, enabled or not, without secrets. */
  sources(): SourceDetails[]
  /** Throws JitError `unknown_source`. */
  source(id: string): SourceDetails
  /** Signs a person in, without HTTP. Rejects with JitError where that is refused; then nothing is written. */
  login(id: string, assertion: Assertion): Promise<LoginResult<User>>
  /** What `login` would do, refusals included. Writes nothing. */
  preview(id: string, assertion: Assertion): Promise<LoginPlan>
  /** Which fields of a user the enabled, syncing sources among their identities keep in step, and who decides. */
  managedFields(user: object): Promise<ManagedField[]>
  /** Listens. What a listener promises is waited for; what it throws becomes an `error` event. */
  on<E extends keyof JitEvents<User>>(event: E, listener: (...args: JitEvents<User>[E]) => unknown): this
  /**
   * Stops what runs in the background: looking for changed sources, filling references, writing activity (what
   * waits is written).
   */
  close(): Promise<void>
  /** For the strategies of this package. */
  readonly [context]: JitContext
}

/**
 * Joins the app's user model and its SSO sources. Throws where the model or `baseUrl` cannot be used; what is
 * wrong with the sources is for `ready()` to tell.
 */
export function createJit<M extends UserModel>(options: JitOptions<M>): Jit<UserOf<M>> {
  return new JitInstance<UserOf<M>>(options as JitOptions)
}

class JitInstance<User> implements Jit<User> {
  readonly #model: UserModel
  readonly #fields: readonly Field[]
  readonly #registry: SourceRegistry
  readonly #database: Database | undefined
  readonly #problems: readonly string[]
  readonly #authority: AuthorityOrder
  readonly #engine: LoginEngine
  readonly #listeners = new Listeners<User>()
  readonly #passport: PassportInstance
  readonly #activity: Activity | undefined
  readonly #reported = new WeakSet<Error>()
  readonly [context]: JitContext

  constructor(options: JitOptions) {
    checkOptions(options)
    const { userModel, baseUrl, sources, isActive, passport, activity, samlLimits } = options
    const address = new URL(baseUrl).href.replace(/\/+$/, '')
    this.#model = userModel
    this.#fields = catalogOf(userModel)
    const validate: Validate = (config) => validateSource(config, this.#fields, address)
    const stores = sources.flatMap((source) => storeOf(source) ?? [])
    const inCode = sources.filter((source) => !storeOf(source))
    this.#registry = new SourceRegistry(inCode, validate)
    this.#database = stores[0] && this.#join(stores[0], validate)
    const ids = stores[0] ? undefined : this.#registry.entries().map(({ id }) => id)
    const authority = readAuthority(options.authority, this.#fields, ids)
    this.#authority = authority.order
    this.#problems = [
      ...this.#registry.problems,
      ...authority.problems,
      ...(stores.length > 1 ? ['sources: there is more than one mongoSources(); give one'] : []),
    ]
    this.#passport = passport ?? defaultPassport
    this.#activity = activity === false ? undefined : this.#remember(userModel.db, activity)
    const store: UserStore = {
      model: userModel,
      fields: this.#fields,
      isActive: (isActive ?? isNotDeactivated) as UserStore['isActive'],
    }
    this.#engine = new LoginEngine(
      store,
      { order: authority.order, source: (id) => this.#registry.find(id) },
      (error) => this.#report(namedFault(error)),
    )
    this[context] = {
      baseUrl: address,
      requests: new PendingSignIns(userModel.db, address),
      sessions: new SignedInSessions(userModel.db, address),
      samlLimits: completeSamlLimits(samlLimits),
      editor: new Editor({
        registry: this.#registry,
        validate,
        userModel,
        fields: this.#fields,
        baseUrl: address,
        authority: authority.order,
        database: this.#database,
      }),
      activity: this.#activity,
      source: (id) => this.#registry.getEnabled(id),
      anySource: (id) => this.#registry.get(id),
      mapping: (source) => fieldMapping(source, this.#fields),
      login: (id, assertion) => this.login(id, assertion) as Promise<LoginResult>,
      preview: (id, assertion) => this.preview(id, assertion),
      explain: (id, assertion) => this.#engine.explain(this.#registry.get(id), assertion),
      startTest: (req, id, returnTo) => startTest(this.strategy(id), req, address, returnTo),
      loggedOut: (source, sessions) => this.#listeners.tell('logout', { source, sessions }),
      report: (error) => this.#report(error),
    }
  }

  async ready(): Promise<void> {
    const { requests, sessions } = this[context]
    await demandConnection(this.#model.db)
    const prepared = (what: string, prepare: Promise<unknown>): Promise<string[]> =>
      prepare.then(
        () => [],
        (error: Error) => [`${what}: the indexes could not be made (${error.message})`],
      )
    const problems = [
      ...this.#problems,
      ...(await this.#loadSources()),
      ...(await indexProblems(this.#model, this.#fields)),
      ...(await prepared('sign-in requests', requests.prepare())),
      ...(await prepared('signed-in sessions', sessions.prepare())),
    ]
    refuseProblems('passport-jit is not set up:', problems)
  }

  router(options: RouterOptions = {}): Router {
    checkNames('router', options, ['successRedirect', 'failureRedirect'])
    return createRouter({
      ...options,
      context: this[context],
      passport: this.#passport,
      sources: () => this.#registry.all().filter(({ enabled }) => enabled),
      strategy: (id) => this.strategy(id),
    })
  }

  adminRouter(options: AdminRouterOptions): Router {
    checkNames('adminRouter', options ?? {}, ['authorize', 'layout'])
    const { baseUrl, editor } = this[context]
    const router = createAdminRouter({
      authorize: options?.authorize,
      layout: options?.layout,
      ...{ baseUrl, fields: this.#fields, editor, activity: this.#activity },
      source: (id) => this.#registry.get(id),
      startTest: (req, id, returnTo) => startTest(this.strategy(id), req, baseUrl, returnTo),
      report: (error) => this.#report(error),
    })
    this.#activity?.start()
    return router
  }

  exposeSources(): RequestHandler {
    return exposeSources(() => this.sources())
  }

  strategy(id: string): Strategy {
    const make = (): Strategy =>
      this.#registry.get(id).protocol === 'saml'
        ? new SamlJitStrategy(this, id)
        : new OidcJitStrategy(this, id)
    return this.#database ? new AddedLaterStrategy(this[context], id, make) : make()
  }

  sources(): SourceDetails[] {
    return this.#registry.all().map((source) => this.#describe(source))
  }

  source(id: string): SourceDetails {
    return this.#describe(this.#registry.get(id))
  }

  async login(id: string, assertion: Assertion): Promise<LoginResult<User>> {
    try {
      const result = await this.#engine.login(this.#registry.getEnabled(id), assertion)
      this.#activity?.record(signInEntry(id, result, this.#fields, this.#activity.values))
      await this.#listeners.tell('login', result as LoginResult<User>, id)
      return result as LoginResult<User>
    } catch (error) {
      throw await this.#report(namedFault(error, id))
    }
  }

  async preview(id: string, assertion: Assertion): Promise<LoginPlan> {
    try {
      return await this.#engine.preview(this.#registry.getEnabled(id), assertion)
    } catch (error) {
      if (error instanceof JitError && error.refused) {
        const { code, message, details } = error
        return {
          outcome: 'refused',
          changes: [],
          notices: [],
          refusal: { code: code as never, message, details },
        }
      }
      throw namedFault(error, id)
    }
  }

  managedFields(user: object): Promise<ManagedField[]> {
    return new Promise((resolve) =>
      resolve(managedFields(user, this.#registry.all(), this.#fields, this.#authority)),
    )
  }

  on<E extends keyof JitEvents<User>>(event: E, listener: (...args: JitEvents<User>[E]) => unknown): this {
    this.#listeners.add(event, listener)
    return this
  }

  async close(): Promise<void> {
    this.#database?.sync.close()
    await this.#engine.close()
    await this.#activity?.close()
  }

  #remember(connection: Connection, options: ActivityOptions | undefined): Activity {
    const activity = new Activity(connection, options ?? {}, (error) => void this.#report(namedFault(error)))
    if (options) activity.start()
    return activity
  }

  #join(store: SourceStore, validate: Validate): Database {
    const report = (error: unknown): unknown => this.#report(namedFault(error))
    return { store, sync: new SourceRefresh({ store, registry: this.#registry, validate, report }) }
  }

  /** Resolves to what is wrong with the database itself; it is asked again in the background. */
  async #loadSources(): Promise<string[]> {
    try {
      await this.#database?.sync.refresh()
      return []
    } catch (error) {
      return [`sources: those in the database could not be read (${(error as Error).message})`]
    } finally {
      this.#database?.sync.start()
    }
  }

  /** Tells the listeners of an error, once, however many hands it goes through; returns it. */
  async #report(error: unknown): Promise<unknown> {
    if (!(error instanceof Error) || this.#reported.has(error)) return error
    this.#reported.add(error)
    if (error instanceof JitError && this.#knows(error.source)) this.#activity?.record(refusalEntry(error))
    if (error instanceof JitError && error.refused) await this.#listeners.tell('refused', error)
    else await this.#listeners.tell('error', error)
    return error
  }

  /** An unknown source's name is whatever somebody has put into an address. */
  #knows(id: string | undefined): boolean {
    return this.#registry.entries().some((entry) => entry.id === id)
  }

  #describe(source: Source): SourceDetails {
    const { baseUrl } = this[context]
    return describeSource(source, { fields: this.#fields, baseUrl, authority: this.#authority })
  }
}

/** Mongoose would wait for ten seconds at each command, and then not say why. */
async function demandConnection(db: Connection): Promise<void> {
  const problem = 'Mongoose is not connected: `await mongoose.connect(...)` before `await jit.ready()`'
  if (!db.getClient()) refuseProblems('passport-jit is not set up:', [problem])
  // Where that fails, each command below says so.
  await db.asPromise().catch(() => undefined)
}

interface Database {
  store: SourceStore
  sync: SourceRefresh
}

function isNotDeactivated(user: UserDocument): boolean {
  return (user as { active?: unknown }).active !== false
}
