import { type SamlConfig, Strategy as SamlStrategy } from '@node-saml/passport-saml'
import type { Connection } from 'mongoose'
import type { Authenticator, Strategy } from 'passport'
import { Strategy as OpenIDConnectStrategy } from 'passport-openidconnect'
import type { SourceConfig } from '../../src/index'
import { benchFields } from '../people/fields'
import { BASE_URL, FIELDS } from '../settings'
import { handWritten } from './hand-written'

type SignIn = Awaited<ReturnType<typeof handWritten>>
type Done = (error: unknown, user?: object) => void
type Attributes = Record<string, unknown>

/** Registers the bare strategies, with the verify callback that most teams write. */
export async function useBare(
  passport: Authenticator,
  connection: Connection,
  sources: SourceConfig[],
): Promise<void> {
  const signIn = await handWritten(connection, 'User', benchFields(FIELDS))
  for (const source of sources) {
    const strategy = source.protocol === 'saml' ? samlStrategy(signIn, source) : oidcStrategy(signIn, source)
    passport.use(source.id, strategy as Strategy)
  }
}

/** With the default options, passport-saml accepts a response without a request, and accepts it repeatedly. */
function samlStrategy(signIn: SignIn, { id, saml }: SourceConfig): SamlStrategy {
  const issuer = `${BASE_URL}/${id}/metadata`
  const addresses = { callbackUrl: `${BASE_URL}/${id}/callback`, issuer, audience: issuer }
  const verify = (profile: { attributes?: Attributes } | null, done: Done): void => {
    signIn('saml', profile?.attributes ?? {}).then((user) => done(null, user), done)
  }
  return new SamlStrategy({ ...saml, ...addresses } as SamlConfig, verify as never, verify as never)
}

/** passport-openidconnect keeps its state in the session by default. The nonce is optional, and on here. */
function oidcStrategy(signIn: SignIn, { id, oidc }: SourceConfig): unknown {
  const { issuer, clientID, clientSecret = '' } = oidc!
  const options = {
    ...{ issuer, clientID, clientSecret, scope: ['profile', 'email'], nonce: true },
    authorizationURL: `${issuer}/authorize`,
    tokenURL: `${issuer}/token`,
    userInfoURL: `${issuer}/userinfo`,
    callbackURL: `${BASE_URL}/${id}/callback`,
  }
  // The strategy reads verify.length to choose the arguments. Only the form with nine has every claim of UserInfo.
  // eslint-disable-next-line max-params
  function verify(
    _issuer: string,
    uiProfile: { _json: Attributes },
    _idProfile: object,
    _context: object,
    _idToken: string,
    _accessToken: string,
    _refreshToken: string,
    _params: object,
    done: Done,
  ): void {
    signIn('oidc', uiProfile._json).then((user) => done(null, user), done)
  }
  return new OpenIDConnectStrategy(options, verify as never)
}
