import type { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import { readAssertion, type SamlAssertion } from './assertion'
import { checkDecrypted, checkResponse, type Envelope } from './check-response'
import { decryptedElement, decryptionKey } from './decryption'
import type { SamlLimits } from './limits'
import { ASSERTION_NS } from './namespaces'
import { refusal } from './refusal'
import { signingKeys } from './signature-profile'
import { childOf, childrenOf, type Parent, type XmlDocument, type XmlElement } from './xml/element'
import { XmlError } from './xml/error'
import { decrypt, type Decryption, type VerifiedElement, verifyEnveloped } from './xml/signature'
import { SIGNATURE_NS } from './xml/signature-algorithms'
import { doRemainingWork } from './xml/stand-in'

/**
 * The verified assertion of a Response (Profiles 4.1.4.3). If the Response has a signature, it must hold; if it has
 * none, the assertion's must. A signature that the source demands must hold as well. Throws a refusal.
 */
export function verifiedAssertion(
  source: SamlSource,
  response: XmlDocument,
  limits: SamlLimits,
): SamlAssertion {
  const envelope = checkResponse(source, response)
  // What anyone can see of an encrypted assertion is told; the rest is not.
  if (envelope.encrypted) decryptionKey(source, encryptedIn(envelope.root))
  return readAssertion(source.id, verifiedElement(source, envelope, limits), (encrypted) =>
    decryptedElement(source, encrypted, limits),
  )
}

function verifiedElement(source: SamlSource, envelope: Envelope, limits: SamlLimits): VerifiedElement {
  try {
    return signedAssertion(source, envelope, limits)
  } catch {
    throw unverified(source, envelope)
  }
}

/** Throws any error if a signature that is needed does not hold. */
function signedAssertion(
  source: SamlSource,
  { root, encrypted, responseSigned }: Envelope,
  limits: SamlLimits,
): VerifiedElement {
  const { wantAuthnResponseSigned, wantAssertionsSigned } = source.saml
  const response = responseSigned ? verifyOrThrow(source, root) : undefined
  if (wantAuthnResponseSigned && !response) throw new Error('Response not signed')
  if (response && !wantAssertionsSigned) {
    if (!encrypted) return assertionIn(response)
    return decryptedAssertion(source, encryptedIn(response), { limits, unsigned: encryptedIn(root).scope })
  }
  // The assertion's own signature may cover namespaces that the Response declares, so it is read where it arrived.
  const assertion = encrypted ? decryptedAssertion(source, encryptedIn(root), { limits }) : assertionIn(root)
  return verifyOrThrow(source, assertion)
}

function assertionIn<E extends XmlElement>(response: Parent<E>): E {
  return childOf(response, ASSERTION_NS, 'Assertion')
}

function encryptedIn<E extends XmlElement>(response: Parent<E>): E {
  return childOf(response, ASSERTION_NS, 'EncryptedAssertion')
}

function verifyOrThrow(source: SamlSource, element: XmlElement): VerifiedElement {
  const verified = verifyEnveloped(element, signingKeys(source))
  if (!verified) throw new Error('Invalid signature')
  return verified
}

/**
 * A decrypted assertion passes the same scan and the same checks as any other. With `unsigned` the signature of the
 * Response covers it; without, its own has to. The work is the same if it cannot be read.
 */
function decryptedAssertion<E extends XmlElement>(
  source: SamlSource,
  encrypted: E,
  options: Omit<Decryption, 'privateKey'>,
): E {
  const privateKey = decryptionKey(source, encrypted)
  const { length, scan } = decrypt(encrypted, { ...options, privateKey })
  let scanned = length
  try {
    const decrypted = scan()
    checkDecrypted(source, decrypted)
    const signatures = childrenOf(decrypted.root, SIGNATURE_NS, 'Signature')
    if (!options.unsigned && signatures.length === 0) throw new Error('Assertion not signed')
    return decrypted.root
  } catch (error) {
    if (error instanceof XmlError) scanned = error.scanned ?? length
    doRemainingWork({ length, scanned }, signingKeys(source))
    throw error
  }
}

/** Every failure of an encrypted assertion has the same answer: a difference would help to decrypt it. */
function unverified(source: SamlSource, { encrypted }: Envelope): JitError {
  return encrypted
    ? refusal(source.id, 'encryption', 'The encrypted assertion cannot be read')
    : refusal(source.id, 'signature', 'No valid signature covers the assertion')
}
