import { JitError } from '../errors'
import { UNSPECIFIED } from '../fields/identity'
import type { Assertion } from '../login/assertion'
import type { JitAuthInfo } from '../passport/auth-info'
import type { Browser, CallbackRequest, Message, Received } from '../passport/protocol'
import type { PendingSignIn } from '../sessions/pending-sign-ins'
import { safeReturnTo } from '../sessions/return-to'
import type { SamlSource } from '../sources/config'
import type { SamlAssertion } from './assertion'
import { checkAssertion, checkAuthnInstant, type Confirmed } from './check-assertion'
import type { SamlLimits } from './limits'
import { nameQualifiers, providerSession } from './logout'
import { decodeMessage, scanMessage } from './decode-message'
import { refusal } from './refusal'
import { verifiedAssertion } from './verify-assertion'
import { attributeOf, type XmlDocument } from './xml/element'

const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

export interface SamlMessage extends Message {
  document: XmlDocument
  relayState: unknown
}

/** Reads the Response in a POST to the assertion consumer service (Bindings 3.5); undefined for a GET without one. */
export function readResponse(
  source: SamlSource,
  { method, query, body }: CallbackRequest,
  limits: SamlLimits,
): SamlMessage | undefined {
  if (query.SAMLResponse !== undefined || query.SAMLRequest !== undefined)
    throw refusal(source.id, 'binding', 'SAML messages are accepted by HTTP-POST only.')
  if (method !== 'POST') return undefined
  const form = (body ?? {}) as Record<string, unknown>
  if (form.SAMLRequest !== undefined)
    throw refusal(source.id, 'binding', 'The assertion consumer service does not accept logout requests.')
  const { SAMLResponse: text, RelayState: relayState } = form
  const document = scanMessage(source.id, decodeMessage(source.id, text, limits), limits)
  const requestId = attributeOf(document.root, 'InResponseTo')
  return { document, requestId, relayState, text: String(text) }
}

/** Finishes a sign-in with a Response (Profiles 4.1.4.3). Rejects with JitError. */
export async function receive(
  source: SamlSource,
  { message, browser }: { message: SamlMessage; browser: Browser },
  limits: SamlLimits,
): Promise<Received> {
  const assertion = verifiedAssertion(source, message.document, limits)
  const confirmed = checkAssertion(source, assertion, Date.now())
  const signIn = await takeSignIn(source, { message, browser }, confirmed)
  if (!(await browser.isFirstUse(assertion.id, confirmed.expiresAt)))
    throw new JitError('replayed', 'The assertion was used before.', { source: source.id })
  checkAuthnInstant(source, confirmed, signIn.startedAt)
  const { nameId, nameIdFormat, sessionIndex } = assertion
  return {
    assertion: engineAssertion(source, assertion),
    providerSession: providerSession(source, assertion, signIn.startedAt),
    returnTo: signIn.returnTo,
    authInfo: { saml: { nameId, nameIdFormat, sessionIndex } satisfies JitAuthInfo['saml'] },
  }
}

function engineAssertion(source: SamlSource, assertion: SamlAssertion): Assertion {
  const { nameId, nameIdFormat, attributes, nameIdAttributes, unreadable } = assertion
  const subject = nameIdFormat === TRANSIENT ? null : nameId
  return {
    issuer: source.saml.idpIssuer,
    subject,
    ...(subject !== null && {
      nameId: { ...nameQualifiers(assertion), format: nameIdFormat || UNSPECIFIED },
    }),
    attributes,
    ...(nameIdAttributes.length > 0 && { nameIdAttributes }),
    ...(unreadable !== undefined && { unreadable }),
  }
}

/** The sign-in that the assertion answers. One that began at the provider has only a place to go. */
async function takeSignIn(
  source: SamlSource,
  { message, browser }: { message: SamlMessage; browser: Browser },
  { inResponseTo }: Confirmed,
): Promise<Partial<PendingSignIn>> {
  if (message.requestId !== undefined && message.requestId !== inResponseTo)
    throw refusal(source.id, 'in_response_to', 'Response and assertion answer different requests.')
  if (inResponseTo === undefined) {
    if (source.saml.allowIdpInitiated === true) return { returnTo: safeReturnTo(message.relayState) }
    throw refusal(
      source.id,
      'in_response_to',
      'The assertion answers no request, and this source requires one.',
    )
  }
  const signIn = await browser.take(inResponseTo)
  if (signIn) return signIn
  throw refusal(
    source.id,
    'in_response_to',
    'The assertion answers no request that this browser started here.',
  )
}
