import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { exportJWK, generateKeyPair, type JWK, type KeyLike, SignJWT } from 'jose'
import type { BenchField, Person } from '../people/fields'
import { claimsOf, subjectOf } from '../people/people'
import type { Provider, ProviderAnswer } from './provider'

interface Grant {
  clientID: string
  nonce: string
  subject: string
  claims: Record<string, unknown>
}

/**
 * An OpenID Provider over TLS, as all are in life; its claims are in the ID token, or at UserInfo. Discovery, token
 * endpoint, UserInfo and keys are behind HTTP; the browser's visit is a call.
 */
export class OidcProvider implements Provider {
  readonly #server: Server
  readonly #grants = new Map<string, Grant>()

  private constructor(
    server: Server,
    readonly issuer: string,
    readonly keys: { privateKey: KeyLike; jwk: JWK },
    readonly fields: BenchField[],
    readonly claims: 'id-token' | 'userinfo',
  ) {
    this.#server = server
    server.on('request', (req: IncomingMessage, res: ServerResponse) => void this.#reply(req, res))
  }

  static async start(
    tls: { key: string; cert: string },
    fields: BenchField[],
    claims: 'id-token' | 'userinfo',
  ): Promise<OidcProvider> {
    const server = createServer(tls).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { privateKey, publicKey } = await generateKeyPair('RS256')
    const jwk = { ...(await exportJWK(publicKey)), kid: 'bench', use: 'sig', alg: 'RS256' }
    const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
    return new OidcProvider(server, issuer, { privateKey, jwk }, fields, claims)
  }

  answer(location: string, person: Person, version: number): Promise<ProviderAnswer> {
    const request = new URL(location).searchParams
    const code = randomBytes(16).toString('hex')
    this.#grants.set(code, {
      clientID: request.get('client_id') ?? '',
      nonce: request.get('nonce') ?? '',
      subject: subjectOf(person),
      claims: { ...claimsOf(this.fields, 'oidc', person, version), email_verified: true },
    })
    const response = new URLSearchParams({ code, state: request.get('state') ?? '' })
    return Promise.resolve({ query: `?${response.toString()}` })
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
    await once(this.#server, 'close')
  }

  async #reply(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const body = await this.#bodyFor(req)
    res.writeHead(body === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
    res.end(JSON.stringify(body ?? {}))
  }

  async #bodyFor(req: IncomingMessage): Promise<object | undefined> {
    const { issuer } = this
    switch (req.url) {
      case '/.well-known/openid-configuration':
        return {
          issuer,
          authorization_endpoint: `${issuer}/authorize`,
          token_endpoint: `${issuer}/token`,
          userinfo_endpoint: `${issuer}/userinfo`,
          jwks_uri: `${issuer}/jwks`,
        }
      case '/jwks':
        return { keys: [this.keys.jwk] }
      case '/token':
        return this.#tokens(new URLSearchParams(await textOf(req)))
      case '/userinfo':
        return this.#userInfo(req.headers.authorization ?? '')
      default:
        return undefined
    }
  }

  /** The code serves as the access token too. */
  async #tokens(form: URLSearchParams): Promise<object | undefined> {
    const code = form.get('code') ?? ''
    const grant = this.#grants.get(code)
    if (!grant) return undefined
    if (this.claims === 'id-token') this.#grants.delete(code)
    const idToken = await new SignJWT({
      nonce: grant.nonce,
      ...(this.claims === 'id-token' && grant.claims),
    })
      .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
      .setIssuer(this.issuer)
      .setSubject(grant.subject)
      .setAudience(grant.clientID)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(this.keys.privateKey)
    return { access_token: code, token_type: 'Bearer', id_token: idToken }
  }

  #userInfo(authorization: string): object | undefined {
    const code = authorization.replace(/^Bearer /, '')
    const grant = this.#grants.get(code)
    this.#grants.delete(code)
    return grant && { sub: grant.subject, ...grant.claims }
  }
}

async function textOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
