import { type CacheProvider, type SamlConfig, Strategy as SamlStrategy } from '@node-saml/passport-saml'
import type { Connection } from 'mongoose'
import type { Authenticator, Strategy } from 'passport'
import { Strategy as OpenIDConnectStrategy } from 'passport-openidconnect'
import { benchFields } from '../people/fields'
import { HandWritten } from './hand-written'
import { BASE_URL, FIELDS, type SignInSource } from './settings'

type Done = (error: unknown, user?: object) => void
type Attributes = Record<string, unknown>

/** The bare strategies with the verify callback that most teams write; `safe`: see `samlStrategy`. */
export async function useBare(
  passport: Authenticator,
  connection: Connection,
  signIns: SignInSource[],
  safe: boolean,
): Promise<void> {
  const users = await HandWritten.over(connection, 'User', benchFields(FIELDS))
  const cache = safe ? await sharedCache(connection) : undefined
  for (const signIn of signIns) {
    const strategy =
      signIn.protocol === 'saml' ? samlStrategy(users, signIn, cache) : oidcStrategy(users, signIn)
    passport.use(signIn.id, strategy)
  }
}

/**
 * passport-saml. With a cache it takes each answer to a request of its own once, on whatever instance; without,
 * as by default, it takes any answer, any number of times.
 */
function samlStrategy(
  users: HandWritten,
  { id, entryPoint, idpIssuer, idpCert, signed }: Extract<SignInSource, { protocol: 'saml' }>,
  cache: CacheProvider | undefined,
): Strategy {
  const callbackUrl = `${BASE_URL}/${id}/callback`
  const issuer = `${BASE_URL}/${id}/metadata`
  const config: SamlConfig = {
    ...{ entryPoint, idpIssuer, idpCert, callbackUrl, issuer, audience: issuer },
    ...{ wantAssertionsSigned: true, wantAuthnResponseSigned: signed === 'both' },
    ...(cache && {
      validateInResponseTo: 'always' as SamlConfig['validateInResponseTo'],
      cacheProvider: cache,
    }),
  }
  const verify = (profile: { attributes?: Attributes } | null, done: Done): void => {
    users.signIn('saml', profile?.attributes ?? {}).then((user) => done(null, user as object), done)
  }
  const strategy: unknown = new SamlStrategy(config, verify as never, verify as never)
  return strategy as Strategy
}

/** What node-saml remembers requests in, kept where every instance finds it. */
async function sharedCache(connection: Connection): Promise<CacheProvider> {
  const requests = connection.collection<{ _id: string; value: string; createdAt: Date }>('samlRequests')
  await requests.createIndex({ createdAt: 1 }, { expireAfterSeconds: 8 * 60 * 60 })
  return {
    async saveAsync(_id, value) {
      const createdAt = new Date()
      await requests.insertOne({ _id, value, createdAt })
      return { value, createdAt: createdAt.getTime() }
    },
    getAsync: async (_id) => (await requests.findOne({ _id }))?.value ?? null,
    async removeAsync(_id) {
      const removed = _id === null ? null : await requests.findOneAndDelete({ _id })
      return removed?.value ?? null
    },
  }
}

/** passport-openidconnect, with the state that it keeps in the session by default, and a nonce. */
function oidcStrategy(
  users: HandWritten,
  { id, issuer, clientID, clientSecret, claims }: Extract<SignInSource, { protocol: 'oidc' }>,
): Strategy {
  const options = {
    ...{ issuer, clientID, clientSecret, scope: ['profile', 'email'], nonce: true },
    authorizationURL: `${issuer}/authorize`,
    tokenURL: `${issuer}/token`,
    userInfoURL: `${issuer}/userinfo`,
    callbackURL: `${BASE_URL}/${id}/callback`,
    skipUserProfile: claims === 'id-token',
  }
  // The number of its parameters tells the strategy what to give it.
  function verify(
    _issuer: string,
    uiProfile: { _json: Attributes } | undefined,
    _idProfile: object,
    _context: object,
    idToken: string,
    _accessToken: string,
    _refreshToken: string,
    _params: object,
    done: Done,
  ): void {
    const claims = uiProfile?._json ?? claimsIn(idToken)
    users.signIn('oidc', claims).then((user) => done(null, user as object), done)
  }
  const strategy: unknown = new OpenIDConnectStrategy(options, verify as never)
  return strategy as Strategy
}

/** The strategy's own profile leaves all but the name out. */
function claimsIn(idToken: string): Attributes {
  return JSON.parse(Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString()) as Attributes
}
