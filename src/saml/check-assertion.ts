import type { SamlSource } from '../sources/config'
import type { SamlAssertion } from './assertion'
import { refusal } from './refusal'

const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer'

type SubjectConfirmation = SamlAssertion['confirmations'][number]

export type Confirmed = ReturnType<typeof checkAssertion>

/**
 * Checks a verified assertion against its source, as Profiles 4.1.4.3 demands: issuer, age, conditions, audience, a
 * bearer confirmation, and the authentication context. Throws a refusal.
 */
export function checkAssertion(source: SamlSource, assertion: SamlAssertion, now: number) {
  if (assertion.version !== '2.0' || assertion.id === '')
    throw refusal(source.id, 'structure', 'The assertion is not SAML 2.0, or has no ID')
  if (assertion.issuer !== source.saml.idpIssuer)
    throw refusal(source.id, 'issuer', 'The assertion is from another issuer')
  if (assertion.encryptedId)
    throw refusal(source.id, 'structure', 'The EncryptedID of the subject does not hold one NameID')
  checkAge(source, assertion, now)
  const end = checkConditions(source, assertion, now)
  const confirmation = checkConfirmations(source, assertion, now)
  checkSessionEnd(source, assertion, now)
  return {
    /** The ID of the AuthnRequest that it answers; undefined for an unsolicited one. */
    inResponseTo: confirmation.inResponseTo ?? undefined,
    /** From then on it is refused as expired, and its ID can be forgotten. */
    expiresAt: new Date(end + clockSkew(source)),
    /** The statements whose authentication context the source accepts. */
    authnStatements: checkAuthnContext(source, assertion),
  }
}

/** Core 2.3.3: every assertion has an IssueInstant. */
function checkAge(source: SamlSource, { issueInstant }: SamlAssertion, now: number): void {
  const issued = parseInstant(source, 'conditions', issueInstant)
  const { maxAssertionAgeMs = 0 } = source.saml
  if (maxAssertionAgeMs > 0 && now - clockSkew(source) >= issued + maxAssertionAgeMs)
    throw refusal(source.id, 'expired', 'The assertion is older than this source allows')
}

/** Core 2.5.1. Returns when the assertion expires. */
function checkConditions(source: SamlSource, { conditions }: SamlAssertion, now: number): number {
  if (!conditions?.understood) {
    throw refusal(
      source.id,
      'conditions',
      'The assertion does not have one Conditions that can be understood',
    )
  }
  const { notBefore, notOnOrAfter, audiences } = conditions
  if (notBefore !== null && now + clockSkew(source) < parseInstant(source, 'conditions', notBefore))
    throw refusal(source.id, 'not_yet_valid', 'The assertion is not yet valid')
  const end = parseInstant(source, 'conditions', notOnOrAfter)
  if (now - clockSkew(source) >= end) throw refusal(source.id, 'expired', 'The assertion has expired')
  if (audiences.length === 0 || !audiences.every((audience) => audience.includes(source.saml.issuer)))
    throw refusal(source.id, 'audience', 'The assertion is for another audience')
  return end
}

/** Profiles 4.1.4.2: one bearer confirmation must hold; the others may be for other recipients. */
function checkConfirmations(source: SamlSource, { confirmations }: SamlAssertion, now: number) {
  let first: Error | undefined
  for (const confirmation of confirmations.filter(({ method }) => method === BEARER)) {
    try {
      checkConfirmation(source, confirmation, now)
      return confirmation
    } catch (error) {
      first ??= error as Error
    }
  }
  throw first ?? refusal(source.id, 'confirmation', 'The assertion has no bearer confirmation')
}

function checkConfirmation(source: SamlSource, confirmation: SubjectConfirmation, now: number): void {
  if (confirmation.recipient !== source.saml.callbackUrl)
    throw refusal(source.id, 'recipient', 'The assertion is for another recipient')
  if (confirmation.notBefore !== null)
    throw refusal(source.id, 'confirmation', 'The bearer confirmation has a NotBefore')
  if (now - clockSkew(source) >= parseInstant(source, 'confirmation', confirmation.notOnOrAfter))
    throw refusal(source.id, 'expired', 'The bearer confirmation has expired')
}

/** Core 2.7.2: the end of the provider's session. */
function checkSessionEnd(source: SamlSource, { authnStatements }: SamlAssertion, now: number): void {
  for (const { sessionNotOnOrAfter: end } of authnStatements) {
    if (end !== null && now - clockSkew(source) >= parseInstant(source, 'session_not_on_or_after', end))
      throw refusal(source.id, 'session_not_on_or_after', "The provider's session is over")
  }
}

/**
 * Core 3.3.2.2.1. The browser could remove the requested context from the request, so the answer is checked. Only the
 * provider knows which context is better than another: for such a comparison every statement counts.
 */
function checkAuthnContext(source: SamlSource, { authnStatements }: SamlAssertion) {
  const { authnContext = [], racComparison = 'exact' } = source.saml
  if (authnContext.length === 0 || racComparison !== 'exact') return authnStatements
  const requested = authnStatements.filter(
    ({ authnContextClassRef }) =>
      authnContextClassRef !== null && authnContext.includes(authnContextClassRef),
  )
  if (requested.length > 0) return requested
  throw refusal(source.id, 'authn_context', 'The person did not sign in the way this source asks for')
}

/**
 * Core 3.4.1, ForceAuthn: a source that asks for it accepts only people who signed in at the provider after they were
 * sent there. An unsolicited response, which has no `startedAt`, cannot show that.
 */
export function checkAuthnInstant(
  source: SamlSource,
  { authnStatements }: Confirmed,
  startedAt?: Date,
): void {
  if (source.saml.forceAuthn !== true) return
  const instants = authnStatements.map(({ authnInstant }) =>
    parseInstant(source, 'authn_instant', authnInstant),
  )
  const earliest = startedAt ? startedAt.getTime() - clockSkew(source) : Infinity
  if (instants.some((instant) => instant >= earliest)) return
  throw refusal(source.id, 'authn_instant', 'The person did not sign in again, as this source asks for')
}

/** A source's clock tolerance in milliseconds. Default: a minute. */
export function clockSkew({ saml }: SamlSource): number {
  return Math.max(0, saml.acceptedClockSkewMs ?? 60_000)
}

/** Core 1.3.3: a time with its time zone. Date.parse also accepts texts that mean local time, or no time. */
export function parseInstant(source: SamlSource, check: string, text: string | null): number {
  const isInstant = text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
  const instant = isInstant ? Date.parse(text) : NaN
  if (Number.isNaN(instant))
    throw refusal(source.id, check, 'The message has no valid time where it needs one')
  return instant
}
