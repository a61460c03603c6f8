/** Acme's OpenID Provider, in a process of its own. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import express, { type Express, type RequestHandler } from 'express'
import Provider from 'oidc-provider'
import { listen } from '../start/listen.js'
import { loopbackApp } from '../web/loopback-app.js'
import { sameOriginOnly } from '../web/security.js'
import { runAsChild, say } from './child.js'
import { oidcConfiguration, PROVIDER, type Client } from './oidc-configuration.js'
import { fetchPeople } from './people.js'
import { signInPage } from './sign-in-page.js'

export interface OidcIdpOptions {
  port: number
  /** The directory's address. */
  directory: string
  /** The registration of the one application. */
  client: Client
  /** The base address of the application's sources. */
  ssoUrl: string
}

/** The value that the application needs. Its discovery document has the others. */
export interface OidcIdp {
  issuer: string
}

runAsChild(async ({ port, directory, client, ssoUrl }: OidcIdpOptions): Promise<OidcIdp> => {
  const { server, origin } = await listen(port, 'the OpenID Provider', say)
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const provider = new Provider(origin, {
    ...oidcConfiguration(directory, client),
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), alg: 'RS256', use: 'sig' }] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
  })
  sendEveryClaim(provider)
  knowEverySource(provider, ssoUrl)
  server.on('request', createOidcIdp(origin, directory, provider))
  return { issuer: origin }
})

/**
 * `oidc-provider` sends the claims that are configured for each scope. The directory's admin can rename a claim at any
 * time, so this provider sends every claim of a person, in the ID token and at UserInfo.
 */
function sendEveryClaim(provider: Provider): void {
  provider.Claims.prototype.result = function () {
    return Promise.resolve(this.available)
  }
}

/**
 * A registration lists each redirect URI. The application's admin can add a source at any time, so this provider accepts
 * the redirect URIs of all its sources.
 */
function knowEverySource(provider: Provider, ssoUrl: string): void {
  const isOfSource = (uri: string, end: string): boolean =>
    uri.startsWith(`${ssoUrl}/`) && new RegExp(`^/[\\w-]+/${end}$`).test(uri.slice(ssoUrl.length))
  Object.assign(provider.Client.prototype, {
    redirectUriAllowed: (uri: string) => isOfSource(uri, 'callback'),
    postLogoutRedirectUriAllowed: (uri: string) => isOfSource(uri, 'logout'),
  })
}

function createOidcIdp(origin: string, directory: string, provider: Provider): Express {
  const idp = loopbackApp(origin)
  idp.get('/interaction/:uid', choosePerson(directory, provider))
  idp.post(
    '/interaction/:uid',
    sameOriginOnly(origin),
    express.urlencoded({ extended: false }),
    answer(provider),
  )
  idp.get('/auth', forgetWhoWasHere)
  idp.use(provider.callback())
  return idp
}

/** Asks for the person at every sign-in. */
const forgetWhoWasHere: RequestHandler = (req, _res, next) => {
  delete req.headers.cookie
  next()
}

function choosePerson(directory: string, provider: Provider): RequestHandler {
  return async (req, res) => {
    const { uid } = await provider.interactionDetails(req, res)
    const people = await fetchPeople(directory)
    res.send(signInPage({ provider: PROVIDER, people, action: `/interaction/${uid}` }))
  }
}

function answer(provider: Provider): RequestHandler {
  return async (req, res) => {
    const { person } = req.body as { person?: string }
    const refused = { error: 'access_denied', error_description: 'The person cancelled.' }
    await provider.interactionFinished(req, res, person ? { login: { accountId: person } } : refused)
  }
}
