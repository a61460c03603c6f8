import type { JitError } from '../errors'
import type { SamlSource } from '../sources/config'
import type { SamlLimits } from './limits'
import { refusal, unaccepted } from './refusal'
import type { XmlElement } from './xml/element'
import { readEncryption, unacceptedAlgorithm } from './xml/encryption'
import { decrypt, type VerifiedElement } from './xml/signature'

/**
 * The key for what an element encrypts. Throws a refusal that says why, for all that anyone can see of the element: this
 * source has no key, or an algorithm is not accepted.
 */
export function decryptionKey(source: SamlSource, encrypted: XmlElement): string | Buffer {
  const { decryptionPvk } = source.saml
  if (decryptionPvk === undefined) {
    const message = 'The message is encrypted, and this source has no key for it (decryptionPvk)'
    throw refusal(source.id, 'encryption', message)
  }
  const algorithm = algorithmRefused(encrypted)
  if (algorithm === undefined) return decryptionPvk
  throw unaccepted(source.id, { check: 'encryption', algorithm, uses: 'The encryption uses' })
}

/** Undefined also for an element of another form, which cannot be decrypted. */
function algorithmRefused(encrypted: XmlElement): string | undefined {
  try {
    return unacceptedAlgorithm(readEncryption(encrypted))
  } catch {
    return undefined
  }
}

export function unreadableName(source: SamlSource): JitError {
  return refusal(source.id, 'encryption', 'The encrypted NameID cannot be read')
}

/** What an element of a verified message encrypts. Throws a refusal. */
export function decryptedElement(
  source: SamlSource,
  encrypted: VerifiedElement,
  limits: SamlLimits,
): VerifiedElement {
  const privateKey = decryptionKey(source, encrypted)
  try {
    return decrypt(encrypted, { privateKey, limits }).scan().root
  } catch {
    throw unreadableName(source)
  }
}
