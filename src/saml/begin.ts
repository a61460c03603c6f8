import { randomBytes } from 'node:crypto'
import type { StartOptions, Begun } from '../passport/protocol'
import { requestIdFor } from '../sessions/request-id'
import type { SamlSource } from '../sources/config'
import { authnRequest } from './node-saml'

/** Begins Web Browser SSO (Profiles 4.1) with an AuthnRequest by HTTP-Redirect or HTTP-POST. */
export async function begin(source: SamlSource, options: StartOptions): Promise<Begun> {
  const random = randomId()
  const id = requestIdFor(options, random)
  return { pending: { id }, ...(await authnRequest(source, id)) }
}

/** An `xs:ID` of 160 random bits (Core 1.3.4). */
export function randomId(): string {
  return `_${randomBytes(20).toString('hex')}`
}
