import type { Schema } from 'mongoose'
import defaultPassport from 'passport'
import { Activity } from './activity/activity'
import { Reports } from './activity/reports'
import { SignIns } from './activity/sign-ins'
import { Listeners } from './activity/listeners'
import { indexProblems } from './fields/indexes'
import { catalogOf } from './fields/model-catalog'
import { organizationOf } from './fields/organization'
import { settableProblem } from './fields/settable'
import type { Decide } from './login/decision'
import { LoginEngine } from './login/engine'
import { movedSources } from './login/moved-sources'
import type { UserDocument, UserStore } from './login/user-store'
import { namedFault } from './mongo/faults'
import { oidcProtocol } from './oidc/protocol'
import type { JitOptions } from './options'
import type { Proxy } from './outgoing/proxy'
import type { SignInHost } from './passport/host'
import { completeSamlLimits } from './saml/limits'
import { samlProtocol } from './saml/protocol'
import { AppSessionStore } from './sessions/app-session'
import { PendingSignIns } from './sessions/pending-sign-ins'
import { SignedInSessions } from './sessions/signed-in-sessions'
import { readAuthority } from './sources/authority'
import type { Source } from './sources/config'
import { describeSource } from './sources/describe-source'
import { sharedDomains } from './sources/domain-owners'
import { SourceRegistry, type Validate } from './sources/registry'
import { withSetProblems } from './sources/set-problems'
import { type Validated, validateSource } from './sources/validate'
import { withOrganization } from './sources/with-organization'
import { sendPostAgainPage } from './web/post-again-page'
import { Editor } from './stored-sources/editor'
import { storeOf } from './stored-sources/source-store'
import { SourceRefresh } from './stored-sources/refresh'

export type Parts = ReturnType<typeof makeParts>

export function makeParts(options: JitOptions) {
  const sources = makeSources(options)
  const signIns = makeSignIns(options, sources)
  const host = makeHost(options, sources, signIns)
  const { registry, database, validate } = sources
  const { listeners, report } = signIns
  const refresh = database && new SourceRefresh({ store: database, registry, validate, report })
  return {
    ...{ ...sources, ...signIns, ...host, refresh },
    editor: new Editor({ ...sources, database: database && refresh && { store: database, sync: refresh } }),
    passport: options.passport ?? defaultPassport,
    sessionStore: new AppSessionStore(options.sessionStore),
    enabledSources: () => registry.all().filter(({ enabled }) => enabled),
    loggedOut: (source: string, sessions: string[]) => {
      const { organization } = registry.find(source) ?? {}
      return listeners.tell('logout', {
        source,
        ...(organization !== undefined && { organization }),
        sessions,
      })
    },
  }
}

function makeSources(options: JitOptions) {
  const { userModel, baseUrl: address, sources, authority: orders, settable = [], proxy } = options
  const baseUrl = new URL(address).href.replace(/\/+$/, '')
  const fields = catalogOf(userModel)
  const inCode = sources.filter((source) => !storeOf(source))
  const [database, ...more] = sources.flatMap((source) => storeOf(source) ?? [])
  const organization = organizationOf(userModel.schema as Schema)
  const validate: Validate = withOrganization(
    (config) => reachedThrough(proxy, validateSource(config, fields, baseUrl)),
    organization,
  )
  const registry = new SourceRegistry(inCode, withSetProblems(validate, { fields, userModel }))
  const ids = database ? undefined : registry.entries().map(({ id }) => id)
  const authority = readAuthority(orders, fields, ids)
  const problems = [
    ...registry.problems,
    ...authority.problems,
    ...settableProblems(userModel, settable),
    ...(more.length > 0 ? ['sources: there is more than one mongoSources(); give one'] : []),
  ]
  const { order } = authority
  const describe = (source: Source) => describeSource(source, { fields, baseUrl, authority: order })
  return {
    ...{ userModel, baseUrl, fields, organization, describe, registry, database, problems, proxy },
    validate: withSetProblems(validate, { fields, userModel, settable }),
    authority: order,
  }
}

/** A valid source knows how requests reach its provider. */
function reachedThrough(proxy: Proxy | undefined, { source, problems }: Validated): Validated {
  return source ? { source: Object.freeze({ ...source, proxy }) } : { problems: problems ?? [] }
}

type Sources = ReturnType<typeof makeSources>

function makeSignIns({ activity: kept, isActive = isNotDeactivated, decide }: JitOptions, sources: Sources) {
  const { userModel: model, fields, organization, registry, authority: order, describe } = sources
  const listeners = new Listeners<unknown>()
  const report = (error: unknown): Promise<unknown> => reports.report(namedFault(error))
  const activity =
    kept === false ? undefined : new Activity(model.db, kept ?? {}, (error) => void report(error))
  if (kept) activity?.start()
  const reports = new Reports(listeners, activity, registry)
  const store: UserStore = { model, fields, organization, isActive: isActive as UserStore['isActive'] }
  const decider = { store, decide: decide as Decide | undefined, describe }
  const engine = new LoginEngine(decider, { order, source: (id) => registry.find(id) }, report)
  const signIns = new SignIns({ engine, registry, fields, listeners, activity, reports })
  return { listeners, activity, store, engine, signIns, report }
}

function makeHost(
  options: JitOptions,
  { userModel: { db }, baseUrl, fields, registry }: Sources,
  { signIns, report }: ReturnType<typeof makeSignIns>,
) {
  const samlLimits = completeSamlLimits(options.samlLimits)
  const host: SignInHost = {
    protocols: { saml: samlProtocol(samlLimits), oidc: oidcProtocol(fields) },
    pendingSignIns: new PendingSignIns(db, baseUrl),
    sessions: new SignedInSessions(db, baseUrl),
    source: (id) => registry.get(id),
    enabledSource: (id) => registry.getEnabled(id),
    login: (id, assertion, account) => signIns.login(id, assertion, account),
    postAgain: (req) => sendPostAgainPage(req, baseUrl),
    explain: (id, assertion) => signIns.explain(id, assertion),
    report,
  }
  return { ...host, samlLimits }
}

function isNotDeactivated(user: UserDocument): boolean {
  return (user as { active?: unknown }).active !== false
}

function settableProblems({ schema }: JitOptions['userModel'], settable: readonly string[]): string[] {
  return settable.flatMap((path) => {
    const problem = settableProblem(schema as Schema, path)
    return problem === undefined ? [] : `settable: '${path}': ${problem}`
  })
}

/** The problems of sources, fields and indexes. Loads the sources in the database. */
export async function setupProblems(parts: Parts): Promise<string[]> {
  const { userModel, fields, registry, store, problems, pendingSignIns, sessions } = parts
  // Mongoose would wait ten seconds at each command, and then not say why.
  if (!userModel.db.getClient()) {
    return ['Mongoose is not connected: `await mongoose.connect(...)` before `await jit.ready()`']
  }
  // If connecting fails, each command says so.
  await userModel.db.asPromise().catch(() => undefined)
  return [
    ...problems,
    ...(await loadSources(parts)),
    ...sharedDomains(registry.all()),
    ...(await movedSources(store, registry.all())),
    ...(await indexProblems(userModel, fields)),
    ...(await prepared('sign-in requests', pendingSignIns.prepare())),
    ...(await prepared('signed-in sessions', sessions.prepare())),
  ]
}

async function loadSources({ refresh }: Parts): Promise<string[]> {
  try {
    await refresh?.refresh()
    return []
  } catch (error) {
    return [`sources: those in the database could not be read (${(error as Error).message})`]
  } finally {
    // It reads again in the background.
    refresh?.start()
  }
}

async function prepared(what: string, prepare: Promise<unknown>): Promise<string[]> {
  return prepare.then(
    () => [],
    (error: Error) => [`${what}: the indexes could not be created (${error.message})`],
  )
}
