import { UNSPECIFIED } from '../fields/identity'
import { legible } from '../fields/near-miss'
import type { SamlSource } from '../sources/config'
import type { SamlAssertion } from './assertion'
import { otherIssuer, refusal } from './refusal'
import { isSameToken, trimSpace } from './xml/white-space'

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
  if (!isSameToken(assertion.issuer, source.saml.idpIssuer))
    throw otherIssuer(source, 'assertion', [assertion.issuer])
  checkSubject(source, assertion)
  checkAge(source, assertion, now)
  const end = checkConditions(source, assertion, now)
  const confirmation = checkConfirmations(source, assertion, now)
  const authnStatements = checkAuthnContext(source, assertion)
  checkSignInTime(source, assertion)
  checkSessionEnd(source, assertion, now)
  return {
    /** The ID of the AuthnRequest that it answers; undefined for an unsolicited one. */
    inResponseTo: confirmation.inResponseTo ?? undefined,
    /** From then on it is refused as expired, and its ID can be forgotten. */
    expiresAt: new Date((end ?? lastConfirmation(source, assertion)) + clockSkew(source)),
    /** The statements whose authentication context the source accepts. */
    authnStatements,
  }
}

/** Core 2.4.1: at most one identifier; without one, or with an empty one, the person has no subject here. */
function checkSubject(source: SamlSource, { subjects, identifiers, encryptedId, ...nameId }: SamlAssertion) {
  if (subjects !== 1 || identifiers > 1)
    throw refusal(source.id, 'structure', 'The assertion does not have one Subject with one NameID')
  if (encryptedId)
    throw refusal(source.id, 'structure', 'The EncryptedID of the subject does not hold one NameID')
  if (nameId.nameId !== null) checkNameIdFormat(source, nameId.nameIdFormat)
}

/** Core 3.4.1.1. The browser could ask for another format, so the answer is checked. These two leave it to the provider. */
function checkNameIdFormat(source: SamlSource, received: string | null): void {
  const wanted = trimSpace(source.saml.identifierFormat ?? UNSPECIFIED)
  const format = received || UNSPECIFIED
  if (format === wanted || /:nameid-format:(unspecified|encrypted)$/.test(wanted)) return
  const arrived = legible(format.slice(0, 200))
  const message = `The NameID has the format ${arrived}, but this source demands ${wanted} (identifierFormat). Set the provider to send that one, or change the option.`
  throw refusal(source.id, 'name_id_format', message)
}

/** Core 2.3.3: every assertion has an IssueInstant. */
function checkAge(source: SamlSource, { issueInstant }: SamlAssertion, now: number): void {
  const issued = parseInstant(source, 'conditions', issueInstant)
  const { maxAssertionAgeMs = 0 } = source.saml
  if (maxAssertionAgeMs > 0 && now - clockSkew(source) >= issued + maxAssertionAgeMs)
    throw refusal(source.id, 'expired', 'The assertion is older than this source allows')
}

/** Core 2.5.1. Returns when the assertion expires; undefined if its confirmation alone says that. */
function checkConditions(source: SamlSource, { conditions }: SamlAssertion, now: number): number | undefined {
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
  const end = notOnOrAfter === null ? undefined : parseInstant(source, 'conditions', notOnOrAfter)
  if (end !== undefined && now - clockSkew(source) >= end)
    throw refusal(source.id, 'expired', 'The assertion has expired')
  const isForUs = (audience: string): boolean => isSameToken(audience, source.saml.issuer)
  if (audiences.length === 0 || !audiences.every((names) => names.some(isForUs)))
    throw refusal(source.id, 'audience', 'The assertion is for another audience')
  return end
}

/** Profiles 4.1.4.2: one bearer confirmation must hold; the others may be for other recipients. */
function checkConfirmations(source: SamlSource, { confirmations }: SamlAssertion, now: number) {
  let first: Error | undefined
  for (const confirmation of confirmations.filter(isBearer)) {
    try {
      checkConfirmation(source, confirmation, now)
      return confirmation
    } catch (error) {
      first ??= error as Error
    }
  }
  throw first ?? refusal(source.id, 'confirmation', 'The assertion has no bearer confirmation')
}

function isBearer({ method }: SubjectConfirmation): boolean {
  return method === BEARER
}

/** From then on no confirmation holds any more, not even one that was not needed. */
function lastConfirmation(source: SamlSource, { confirmations }: SamlAssertion): number {
  const ends = confirmations.filter(isBearer).map(({ notOnOrAfter }) => instantOf(notOnOrAfter))
  return Math.max(...ends.filter((end) => !Number.isNaN(end)))
}

function checkConfirmation(source: SamlSource, confirmation: SubjectConfirmation, now: number): void {
  const { recipient, notBefore, notOnOrAfter } = confirmation
  if (!isSameToken(recipient, source.saml.callbackUrl))
    throw refusal(source.id, 'recipient', 'The assertion is for another recipient')
  // Profiles 4.1.4.2 forbids NotBefore here, but some providers send it.
  if (notBefore !== null && now + clockSkew(source) < parseInstant(source, 'confirmation', notBefore))
    throw refusal(source.id, 'not_yet_valid', 'The bearer confirmation is not yet valid')
  if (now - clockSkew(source) >= parseInstant(source, 'confirmation', notOnOrAfter))
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
  const requested = authnStatements.filter(({ authnContextClassRef }) =>
    authnContext.some((context) => isSameToken(authnContextClassRef, context)),
  )
  if (requested.length > 0) return requested
  throw refusal(source.id, 'authn_context', 'The person did not sign in the way this source asks for')
}

/** Profiles 4.1.4.2 and Core 2.7.2: the provider says that, and when, the person signed in there. */
function checkSignInTime(source: SamlSource, { authnStatements }: SamlAssertion): void {
  if (authnStatements.some(({ authnInstant }) => !Number.isNaN(instantOf(authnInstant)))) return
  throw refusal(source.id, 'authn_instant', 'The assertion has no AuthnStatement with an AuthnInstant')
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

/** A time as `instantOf` reads it. Throws a refusal for a text that is none. */
export function parseInstant(source: SamlSource, check: string, text: string | null): number {
  const instant = instantOf(text)
  if (Number.isNaN(instant))
    throw refusal(source.id, check, 'The message has no valid time where it needs one')
  return instant
}

/** Core 1.3.3: a time with its time zone, or NaN. Date.parse also accepts texts that mean local time, or no time. */
function instantOf(text: string | null): number {
  const isInstant = text !== null && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
  return isInstant ? Date.parse(text) : NaN
}
