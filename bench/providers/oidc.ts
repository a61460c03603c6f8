import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import express, { type Express } from 'express'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import { benchFields } from '../people/fields'
import { claimsOf, subjectOf } from '../people/people'
import { FIELDS } from '../settings'
import { type Provider, sourceBase } from './provider'

interface Grant {
  nonce: string
  claims: { sub: string }
}

type OidcProvider = Provider & { close: () => Promise<void> }

const CLIENT_ID = 'bench'

/** An OpenID Provider over TLS, with the claims at UserInfo. The browser's visit is a function call. */
export async function startOidcProvider(tls: { key: string; cert: string }): Promise<OidcProvider> {
  const app = express()
  const server = createServer(tls, app).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const grants = new Map<string, Grant>()
  await addEndpoints(app, issuer, grants)
  const oidc = { issuer, clientID: CLIENT_ID, clientSecret: 'the secret of the bench' }
  const fields = benchFields(FIELDS)
  return {
    source: { ...sourceBase('oidc'), protocol: 'oidc', oidc },
    issuer,
    answer(location, profile) {
      const request = new URL(location).searchParams
      const code = randomBytes(16).toString('hex')
      const claims = { ...claimsOf(fields, 'oidc', profile), email_verified: true, sub: subjectOf(profile) }
      grants.set(code, { nonce: request.get('nonce') ?? '', claims })
      const response = new URLSearchParams({ code, state: request.get('state') ?? '' })
      return Promise.resolve({ query: `?${response.toString()}` })
    },
    async close() {
      server.closeAllConnections()
      await once(server.close(), 'close')
    },
  }
}

/** The code is also the access token. */
async function addEndpoints(app: Express, issuer: string, grants: Map<string, Grant>): Promise<void> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', use: 'sig', alg: 'RS256' }
  app.get('/.well-known/openid-configuration', (_req, res) => {
    const userInfo = { userinfo_endpoint: `${issuer}/userinfo`, jwks_uri: `${issuer}/jwks` }
    const code = { authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` }
    res.json({ issuer, ...code, ...userInfo })
  })
  app.get('/jwks', (_req, res) => void res.json({ keys: [jwk] }))
  app.post('/token', express.urlencoded({ extended: false }), async (req, res) => {
    const { code } = req.body as { code: string }
    const { nonce, claims } = grants.get(code)!
    const idToken = new SignJWT({ nonce }).setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    idToken.setIssuer(issuer).setSubject(claims.sub).setAudience(CLIENT_ID)
    const id_token = await idToken.setIssuedAt().setExpirationTime('5m').sign(privateKey)
    res.json({ access_token: code, token_type: 'Bearer', id_token })
  })
  app.get('/userinfo', (req, res) => {
    const code = (req.get('Authorization') ?? '').replace(/^Bearer /, '')
    const { claims } = grants.get(code)!
    grants.delete(code)
    res.json(claims)
  })
}
