import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readAssertion } from '../../../src/saml/assertion'
import { readNameId } from '../../../src/saml/name-id'
import type { SignedMessage } from '../../../src/saml/redirect-binding'
import { childOf, type XmlDocument, type XmlElement } from '../../../src/saml/xml/element'
import { unlimited } from '../../../src/saml/xml/scan-limits'
import { decrypt, type VerifiedElement } from '../../../src/saml/xml/signature'

const key = { privateKey: '', limits: unlimited }
const decryptElement = (element: VerifiedElement): VerifiedElement => element

/* The compiler is the test: `tsc` fails if a line below an @ts-expect-error compiles. */

export function readUnverified(element: XmlElement): void {
  // @ts-expect-error -- an assertion is read from a verified element only
  readAssertion('okta', element, decryptElement)
  // @ts-expect-error -- a NameID too
  readNameId('okta', element)
  // @ts-expect-error -- a child of an unverified element is unverified
  readNameId('okta', childOf(element, '', 'NameID'))
  // @ts-expect-error -- its parent is unverified
  readNameId('okta', element.parent!)
  // @ts-expect-error -- an element decrypted from one is unverified
  readAssertion('okta', decrypt(element, key).scan().root, decryptElement)
  // @ts-expect-error -- a type annotation doesn't make it verified
  const decrypted: XmlDocument<VerifiedElement> = decrypt(element, key).scan()
  // @ts-expect-error -- a logout message is read from a verified element only
  const message: SignedMessage = { field: 'SAMLRequest', root: element, relayState: undefined }
  void [decrypted, message]
}

export function makeVerified(element: XmlElement): VerifiedElement[] {
  return [
    // @ts-expect-error -- an object literal can't be one
    { ...element },
    // @ts-expect-error -- the brand has no name outside its module
    { ...element, verified: true },
  ]
}

export function readVerified(element: VerifiedElement): void {
  readAssertion('okta', element, decryptElement)
  readNameId('okta', childOf(element, '', 'NameID'))
  readAssertion('okta', decrypt(element, key).scan().root, decryptElement)
}

it('only the verifying module creates verified elements', () => {
  const root = join(__dirname, '../../../src')
  const makers = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .filter((file) => /\bas .*\bVerifiedElement\b/.test(readFileSync(join(root, file), 'utf8')))
  expect(makers).toEqual(['saml/xml/signature.ts'])
})
