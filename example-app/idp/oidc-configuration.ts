import type { Context } from 'oidc-provider'
import { Html, html } from '../web/html'
import { fetchPeople, sentAttributes, type Person } from './people'
import { idpPage } from './sign-in-page'

/** A client's registration (OpenID Connect Dynamic Client Registration 1.0, section 2). */
export interface Client {
  client_id: string
  client_secret: string
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  /** OpenID Connect Back-Channel Logout 1.0, 2.2. */
  backchannel_logout_uri: string
  backchannel_logout_session_required: boolean
}

export const PROVIDER = 'Acme Identity (OpenID Connect)'
const SCOPE = 'openid profile email'

/** The configuration of `oidc-provider`: one client, PKCE, the directory's people, and Acme's page layout. */
export function oidcConfiguration(directory: string, client: Client): Record<string, unknown> {
  return {
    clients: [client],
    pkce: { required: () => true },
    scopes: SCOPE.split(' '),
    claims: { openid: ['sub'], profile: ['given_name', 'family_name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    findAccount: (_context: Context, id: string) => findAccount(directory, id),
    loadExistingGrant: grantEverything,
    renderError,
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource: signedOut },
      backchannelLogout: { enabled: true },
    },
    fetch: fetchOnLoopback,
  }
}

async function findAccount(directory: string, id: string): Promise<unknown> {
  const person = (await fetchPeople(directory)).find((candidate) => candidate.id === id)
  return person && { accountId: id, claims: () => ({ ...claimsOf(person), sub: id }) }
}

/** Sends `true` and `false` as JSON booleans, and other values as text. */
function claimsOf(person: Person): Record<string, unknown> {
  const booleans: Record<string, boolean> = { true: true, false: false }
  return Object.fromEntries(
    Object.entries(sentAttributes(person, 'oidc')).map(([name, value]) => [
      name,
      (typeof value === 'string' ? booleans[value] : undefined) ?? value,
    ]),
  )
}

/** Acme trusts its application and asks nobody for consent. */
async function grantEverything({ oidc }: Context): Promise<unknown> {
  const { accountId } = oidc.account
  const grant = new oidc.provider.Grant({ accountId, clientId: oidc.client.clientId })
  grant.addOIDCScope(SCOPE)
  await grant.save()
  return grant
}

/** The dispatcher of `oidc-provider` blocks loopback addresses, where this application runs. */
function fetchOnLoopback(
  address: string,
  { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown },
): Promise<Response> {
  return fetch(address, options)
}

function renderError(context: Context, { error, error_description }: Record<string, string>): void {
  send(context, 'Something went wrong', html`<p>${error_description} (<code>${error}</code>)</p>`)
}

function logoutSource(context: Context, form: string): void {
  send(
    context,
    'Sign out of Acme too?',
    html`${new Html(form)}
      <p class="actions">
        <button form="op.logoutForm" name="logout" value="yes" class="primary">Sign out</button>
        <button form="op.logoutForm">Stay signed in</button>
      </p>`,
  )
}

function signedOut(context: Context): void {
  send(context, 'Signed out', html`<p>You are signed out of Acme.</p>`)
}

function send(context: Context, heading: string, content: Html): void {
  context.type = 'html'
  context.body = idpPage({ provider: PROVIDER, heading, content })
}
