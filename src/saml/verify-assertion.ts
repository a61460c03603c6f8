import type { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import { readAssertion, type SamlAssertion } from './assertion'
import { decryptedText } from './xml/encryption'
import { checkDecrypted, checkResponse, type Envelope } from './check-response'
import type { SamlLimits } from './limits'
import { childOf, type XmlDocument, type XmlElement, scanXml, readVerified } from './xml/element'
import { ASSERTION_NS } from './xml/namespaces'
import { refusal } from './refusal'
import { verifiedText } from './xml/signature'

/**
 * The assertion of a Response (Profiles 4.1.4.3), read from the canonical text that the identity provider signed,
 * and from nothing else. The signature over the Response must hold where there is one, else that over the
 * assertion; and whichever the source demands. Rejects with a refusal.
 */
export async function verifiedAssertion(
  source: SamlSource,
  outline: XmlDocument,
  limits: Readonly<SamlLimits>,
): Promise<SamlAssertion> {
  const envelope = checkResponse(source, outline)
  try {
    return readAssertion(await signedAssertion(source, outline.root, envelope, limits))
  } catch {
    throw unverified(source, envelope)
  }
}

/** Throws whatever Error where a signature that is needed does not hold. */
async function signedAssertion(
  source: SamlSource,
  response: XmlElement,
  { encrypted, responseSigned }: Envelope,
  limits: Readonly<SamlLimits>,
): Promise<XmlElement> {
  const text = responseSigned ? mustHold(source, response) : undefined
  if (source.saml.wantAuthnResponseSigned && text === undefined) throw new Error('Response not signed')
  const isEnough = text !== undefined && !source.saml.wantAssertionsSigned
  // The assertion's own signature may need the namespaces of the Response as it arrived.
  const holder = text !== undefined && (isEnough || encrypted) ? readVerified(text) : response
  const assertion = encrypted
    ? await decryptedAssertion(source, holder, limits)
    : childOf(holder, ASSERTION_NS, 'Assertion')
  return isEnough ? assertion : readVerified(mustHold(source, assertion))
}

function mustHold(source: SamlSource, element: XmlElement): string {
  const text = verifiedText(element, [source.saml.idpCert].flat())
  if (text === undefined) throw new Error('Invalid signature')
  return text
}

/** What was encrypted goes through the same scan and checks as what was not. */
async function decryptedAssertion(
  source: SamlSource,
  response: XmlElement,
  limits: Readonly<SamlLimits>,
): Promise<XmlElement> {
  const outline = scanXml(source.id, await decryptedText(source, response, 'EncryptedAssertion'), limits)
  checkDecrypted(source, outline)
  return outline.root
}

/** One and the same answer whatever fails in an encrypted assertion: the difference would help to decrypt it. */
function unverified(source: SamlSource, { encrypted }: Envelope): JitError {
  return encrypted
    ? refusal(source.id, 'encryption', 'The encrypted assertion cannot be read')
    : refusal(source.id, 'signature', 'No valid signature covers the assertion')
}
