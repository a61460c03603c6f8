import { type Identity, type NameQualifiers, UNSPECIFIED } from '../fields/identity'
import { legible } from '../fields/near-miss'
import type { Source } from '../sources/config'
import type { Assertion } from './assertion'
import type { UserView } from './find-candidates'
import { isSameIdentifier } from './identifier-holders'
import { isIdentityOf, type ReceivedAssertion } from './received-fields'

/** The qualifiers of an assertion's NameID in stored form. A missing Format means unspecified (SAML Core 2.2.2). */
export function nameIdOf({ nameId }: Assertion): NameQualifiers | undefined {
  if (!nameId) return undefined
  const { format, nameQualifier, spNameQualifier } = nameId
  return {
    format: format || UNSPECIFIED,
    ...(nameQualifier && { nameQualifier }),
    ...(spNameQualifier && { spNameQualifier }),
  }
}

/**
 * Why the subject differs from the stored one with the same issuer and text; undefined if it's the same. A browser can
 * ask the provider for another NameID format, in which one person's text may be another person's.
 */
export function nameIdProblem(
  source: Source,
  received: ReceivedAssertion,
  owner: UserView,
): string | undefined {
  const stored = owner.identities.find((identity) => isIdentityOf(identity, source, received))
  const problem = stored && differenceOf(source, { stored, received, owner })
  return problem && `${problem} ${remedy}`
}

const remedy =
  'Set the NameID format back at the identity provider. If it has changed for good, move people over: see “When a provider changes its NameID format” in docs/saml.md.'

interface Comparison {
  stored: Identity
  received: ReceivedAssertion
  owner: UserView
}

function differenceOf(source: Source, { stored, received, owner }: Comparison): string | undefined {
  const { nameId } = received
  const arrived = `The NameID arrived with the format ${shown(nameId?.format)}`
  if (stored.format === undefined) {
    if (!nameId || !bringsOthers(source, received, owner)) return undefined
    return `${arrived}. This user's NameID was stored without a format, and a login identifier arrived that isn't theirs.`
  }
  const known = `this user's NameID was stored with the format ${shown(stored.format)}`
  // An app that passes no qualifiers to `login` vouches for the subject. A subject of OpenID Connect has none.
  if (!nameId) return source.protocol === 'saml' ? undefined : `The subject is no NameID, but ${known}.`
  if (nameId.format !== stored.format) return `${arrived}, but ${known}.`
  const qualifier = differingQualifier(source, stored, { ...nameId, issuer: received.issuer })
  return qualifier && `${arrived}, and ${known}, but their ${qualifier} differ.`
}

/** Whether a login identifier arrived that this user doesn't have: it is new or another user's. */
function bringsOthers(source: Source, { fields }: ReceivedAssertion, owner: UserView): boolean {
  return source.identifiers.some((path) => {
    const entry = fields.get(path)!
    if (entry.state === 'invalid') return true
    return entry.state === 'value' && !isSameIdentifier(entry.field, owner.values.get(path), entry.value)
  })
}

/** SAML Core 8.3.7: a missing qualifier means the issuer or the service provider. */
function differingQualifier(
  source: Source,
  stored: Identity,
  { issuer, ...nameId }: NameQualifiers & { issuer: string },
): string | undefined {
  const own = source.protocol === 'saml' ? source.saml.issuer : undefined
  if ((stored.nameQualifier ?? issuer) !== (nameId.nameQualifier ?? issuer)) return 'NameQualifiers'
  return (stored.spNameQualifier ?? own) === (nameId.spNameQualifier ?? own) ? undefined : 'SPNameQualifiers'
}

/** For a log and a page. */
function shown(format = ''): string {
  return legible(format.slice(0, 200))
}
