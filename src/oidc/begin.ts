import { randomBytes } from 'node:crypto'
import type { StartOptions, Begun } from '../passport/protocol'
import { requestIdFor } from '../sessions/request-id'
import type { OidcSource } from '../sources/config'
import { authorizationAddress } from './authorization-request'
import { providerOf } from './provider'

/** Begins the authorization code flow (OpenID Connect Core 3.1). Rejects with JitError `provider_unavailable`. */
export async function begin(source: OidcSource, options: StartOptions): Promise<Begun> {
  const { authorizationURL: endpoint } = await providerOf(source).metadata()
  const [random, nonce, codeVerifier] = [randomToken(), randomToken(), randomToken()]
  const id = requestIdFor(options, random)
  const request = { endpoint, state: id, nonce, codeVerifier }
  const redirect = await authorizationAddress(source, request, options)
  return { pending: { id, nonce, codeVerifier }, redirect }
}

/** 256 random bits in 43 characters, which fits a code verifier (RFC 7636 4.1). */
function randomToken(): string {
  return randomBytes(32).toString('base64url')
}
