import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { JWK, JWTHeaderParameters, KeyLike } from 'jose'
import { CompactSign, exportJWK, generateKeyPair, SignJWT } from 'jose'

export type Json = Record<string, unknown>
export type Reply = (res: ServerResponse) => void

/** What a test changes. Without changes, the provider behaves. */
export interface Bends {
  discovery?: (document: Json) => Json
  /** Changes the authorization response. */
  response?: (parameters: URLSearchParams) => void
  /** Changes the ID token's claims; `request` is the authorization request. */
  claims?: (claims: Json, request: URLSearchParams) => Json
  /** Makes the answer of the token endpoint, from what it would be. */
  tokens?: (tokens: Json) => Reply
  /** Creates the ID token. */
  sign?: (claims: Json) => Promise<string> | string
  /** Claims in UserInfo, sent with `sub`. */
  userInfo?: Json
  /** Replaces the response of an endpoint. */
  reply?: Partial<Record<'discovery' | 'jwks' | 'token' | 'userinfo', Reply>>
}

export interface SigningKey {
  alg: string
  kid: string
  privateKey: KeyLike
  publicKey: KeyLike
  jwk: JWK
}

export interface ReceivedRequest {
  path: string
  method: string
  authorization: string | undefined
  userAgent: string | undefined
  form: URLSearchParams
}

const ACCESS_TOKEN = 'the-access-token'

/** A small OpenID Provider that signs everyone in as `alice`, and can misbehave. */
export class HostileProvider {
  bend: Bends = {}
  /** Every request from the relying party's server, and `/authorize` from the browser. */
  received: ReceivedRequest[] = []
  keys: SigningKey[] = []
  /** Known once it has started. */
  issuer = ''
  readonly #server: Server
  readonly #codes = new Map<string, URLSearchParams>()

  constructor() {
    this.#server = createServer((req, res) => {
      this.#answer(req, res).catch((error: unknown) => res.writeHead(500).end(String(error)))
    })
  }

  /** Listens. After `close`, uses the same port. */
  async start(): Promise<void> {
    this.#server.listen(this.issuer ? Number(new URL(this.issuer).port) : 0, '127.0.0.1')
    await new Promise((resolve) => this.#server.once('listening', resolve))
    this.issuer = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  requests(path: string): ReceivedRequest[] {
    return this.received.filter((request) => request.path === path)
  }

  sign(claims: Json, header: Partial<JWTHeaderParameters> = {}, key = this.keys[0]): Promise<string> {
    if (!key) throw new Error('the provider has no key')
    return new SignJWT(claims)
      .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
      .sign(key.privateKey)
  }

  /** Signs claims unchanged, valid or not. */
  signText(claims: string): Promise<string> {
    const { alg, kid, privateKey } = this.keys[0]!
    return new CompactSign(Buffer.from(claims)).setProtectedHeader({ alg, kid }).sign(privateKey)
  }

  async #answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const url = new URL(req.url ?? '', this.issuer)
    const form = new URLSearchParams(await bodyOf(req))
    const { method = '', headers } = req
    const { authorization, 'user-agent': userAgent } = headers
    this.received.push({ path: url.pathname, method, authorization, userAgent, form })
    const { reply = {} } = this.bend
    switch (url.pathname) {
      case '/.well-known/openid-configuration':
      case '/elsewhere/configuration':
        return (reply.discovery ?? json(this.#discovery()))(res)
      case '/jwks':
        return (reply.jwks ?? json({ keys: this.keys.map(({ jwk }) => jwk) }))(res)
      case '/authorize':
        return this.#authorize(url.searchParams, res)
      case '/token':
        return (reply.token ?? (await this.#token(form)))(res)
      case '/userinfo':
        return (reply.userinfo ?? json({ sub: 'alice', ...this.bend.userInfo }))(res)
      default:
        res.writeHead(404).end()
    }
  }

  #discovery(): Json {
    const document = {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      userinfo_endpoint: `${this.issuer}/userinfo`,
    }
    return this.bend.discovery?.(document) ?? document
  }

  #authorize(request: URLSearchParams, res: ServerResponse): void {
    const code = randomBytes(16).toString('hex')
    this.#codes.set(code, request)
    const response = new URLSearchParams({ code, state: request.get('state') ?? '' })
    this.bend.response?.(response)
    const target = request.get('redirect_uri') ?? ''
    res.writeHead(303, { Location: `${target}?${response.toString()}` }).end()
  }

  async #token(form: URLSearchParams): Promise<Reply> {
    const code = form.get('code') ?? ''
    const request = this.#codes.get(code)
    this.#codes.delete(code)
    const challenge = createHash('sha256')
      .update(form.get('code_verifier') ?? '')
      .digest('base64url')
    const redirected = form.get('redirect_uri') === request?.get('redirect_uri')
    const challenged = request?.get('code_challenge') ?? (form.has('code_verifier') ? '' : challenge)
    if (!request || !redirected || challenged !== challenge) return json({ error: 'invalid_grant' }, 400)
    const idToken = await this.#idToken(request)
    const tokens = { access_token: ACCESS_TOKEN, token_type: 'Bearer', id_token: idToken }
    return this.bend.tokens?.(tokens) ?? json(tokens)
  }

  async #idToken(request: URLSearchParams): Promise<string> {
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: this.issuer,
      sub: 'alice',
      aud: request.get('client_id'),
      exp: now + 300,
      iat: now,
      nonce: request.get('nonce'),
      at_hash: accessTokenHash('sha256'),
      email: 'alice@example.com',
      email_verified: true,
      given_name: 'Alice',
      family_name: 'Adams',
    }
    const bent = this.bend.claims?.(claims, request) ?? claims
    return (await this.bend.sign?.(bent)) ?? (await this.sign(bent))
  }
}

/** A fresh signing key, for `provider.keys`. */
export async function makeKey(alg = 'ES256', kid = randomBytes(4).toString('hex')): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg)
  return { alg, kid, privateKey, publicKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } }
}

/** The correct `at_hash` for a hash algorithm (OpenID Connect Core 3.1.3.6). */
export function accessTokenHash(algorithm: string): string {
  const digest = createHash(algorithm).update(ACCESS_TOKEN).digest()
  return digest.subarray(0, digest.length / 2).toString('base64url')
}

/** Faulty responses. */
export function json(value: unknown, status = 200): Reply {
  return text(JSON.stringify(value), 'application/json', status)
}
export function text(body: string, type = 'text/html', status = 200): Reply {
  return (res) => void res.writeHead(status, { 'Content-Type': type }).end(body)
}
export function redirect(location: string): Reply {
  return (res) => void res.writeHead(302, { Location: location }).end()
}
export function cut(): Reply {
  return (res) => void res.destroy()
}
/** Starts a response, and never ends it. */
export function hang(): Reply {
  return (res) => void res.writeHead(200, { 'Content-Type': 'application/json' }).write('{')
}
/** A slow response that never ends. */
export function drip(): Reply {
  return (res) => {
    res.writeHead(200, { 'Content-Type': 'application/json' })
    const timer = setInterval(() => res.write(' '), 50)
    res.on('close', () => clearInterval(timer))
  }
}
/** Valid JSON, but more than 1 MiB of it. */
export function huge(value: Json): Reply {
  return json({ ...value, padding: 'x'.repeat(1024 * 1024) })
}

async function bodyOf(req: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of req as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}
