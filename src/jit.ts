import { disconnect } from './activity/disconnect'
import type { UserModel } from './fields/plugin'
import { findLinkedUser } from './login/find-user'
import { managedFields } from './login/managed-fields'
import { OidcJitStrategy } from './oidc/strategy'
import { checkNames, checkOptions, type Jit, type JitOptions, refuseProblems, type UserOf } from './options'
import { makeParts, setupProblems } from './parts'
import { registerHost } from './passport/host'
import { signedInThrough } from './passport/signed-in-through'
import { userIdOf } from './fields/user-id'
import { SignInStrategy } from './passport/sign-in-strategy'
import { SamlJitStrategy } from './saml/strategy'
import { belongsTo } from './sources/with-organization'
import { endUserSessions } from './sessions/app-logout'
import { createAdminRouter } from './web/admin/admin-router'
import { connect } from './web/connect'
import { requireSso } from './web/require-sso'
import { createRouter } from './web/router'
import { enforcedSource } from './sources/enforced-source'
import { startTest } from './web/start-test'

/**
 * Joins the app's user model and its SSO sources. Throws where the model or `baseUrl` can't be used; `ready()` tells what
 * is wrong with the sources.
 */
// eslint-disable-next-line max-lines-per-function -- it reads top to bottom, a member at a time
export function createJit<M extends UserModel>(options: JitOptions<M>): Jit<UserOf<M>> {
  checkOptions(options as JitOptions)
  const parts = makeParts(options as JitOptions)
  const {
    baseUrl,
    fields,
    organization,
    describe,
    registry,
    authority,
    database,
    refresh,
    signIns,
    listeners,
  } = parts
  const jit: Jit = {
    async ready() {
      refuseProblems('passport-jit is not set up:', await setupProblems(parts))
    },
    router(given = {}) {
      checkNames('router', given, ['successRedirect', 'failureRedirect'])
      const { successRedirect = '/', failureRedirect } = given
      return createRouter({ ...parts, successRedirect, failureRedirect, strategy: (id) => jit.strategy(id) })
    },
    adminRouter(given) {
      checkNames('adminRouter', given ?? {}, ['authorize', 'layout'])
      const router = createAdminRouter({
        ...parts,
        ...given,
        disconnect: async (source, person) => {
          const user = await findLinkedUser(parts.store, source, person)
          // An admin may remove the last identity: the next sign-in can link the account again.
          return user ? jit.disconnect(user, source, { force: true }) : 0
        },
        startTest: async (req, id, returnTo) => startTest(jit.strategy(id), req, { baseUrl, returnTo }),
      })
      parts.activity?.start()
      return router
    },
    exposeSources: () => (_req, res, next) => {
      res.locals['ssoSources'] = jit.sources()
      next()
    },
    strategy(id) {
      // A source in a database may be added later.
      if (database) return new SignInStrategy(parts, id)
      const OneProtocol = registry.get(id).protocol === 'saml' ? SamlJitStrategy : OidcJitStrategy
      return new OneProtocol(jit, id)
    },
    sources(filter) {
      const isWanted =
        filter && 'organization' in filter ? belongsTo(filter.organization, organization) : () => true
      return registry.all().filter(isWanted).map(describe)
    },
    source: (id) => describe(registry.get(id)),
    login: (id, assertion) => signIns.login(id, assertion),
    preview: (id, assertion) => signIns.preview(id, assertion),
    signedInThrough,
    managedFields: (user) =>
      Promise.resolve().then(() =>
        managedFields(user, { sources: registry.all(), fields, order: authority }),
      ),
    endSessions: async (user, given = {}) => {
      checkNames('endSessions', given, ['except'])
      return endUserSessions(parts, { user: userIdOf(user, parts.userModel) }, given.except)
    },
    connect(id, given = {}) {
      checkNames('connect', given, ['returnTo'])
      return connect({ ...parts, strategy: (source) => jit.strategy(source) }, id, given)
    },
    disconnect: async (user, source, given = {}) => {
      checkNames('disconnect', given, ['force'])
      return disconnect(parts, { user: userIdOf(user, parts.userModel), source }, given.force === true)
    },
    requiredSource: async (email) => {
      const source = enforcedSource(parts.enabledSources(), email)
      return Promise.resolve(source && describe(source))
    },
    requireSso(given) {
      checkNames('requireSso', given ?? {}, ['email', 'except'])
      return requireSso({ ...parts, ...given })
    },
    on(event, listener) {
      listeners.add(event, listener)
      return this
    },
    async close() {
      refresh?.close()
      await parts.engine.close()
      await parts.activity?.close()
    },
  }
  registerHost(jit, parts)
  return jit as Jit<UserOf<M>>
}
