import { ASSERTION_NS } from './namespaces'
import { malformed } from './refusal'
import { attributeOf, childrenOf, textOf } from './xml/element'
import type { VerifiedElement } from './xml/signature'
import { trimSpace } from './xml/white-space'

export type NameId = NonNullable<ReturnType<typeof readNameId>>

/** What names the person in a Subject (Core 2.4.1) or a LogoutRequest (Core 3.7.1). */
export function subjectIdentifiers(parent: VerifiedElement): VerifiedElement[] {
  return ['BaseID', 'NameID', 'EncryptedID'].flatMap((name) => childrenOf(parent, ASSERTION_NS, name))
}

/** Undefined for an empty NameID (Core 2.2.3). Throws a refusal for one that holds an element. */
export function readNameId(source: string, element: VerifiedElement) {
  if (element.children.length > 0) throw malformed(source, 'structure', 'A NameID holds an element')
  const value = nameText(textOf(element))
  if (!/\S/.test(value)) return undefined
  return {
    value,
    format: formatOf(element),
    nameQualifier: attributeOf(element, 'NameQualifier') ?? null,
    spNameQualifier: attributeOf(element, 'SPNameQualifier') ?? null,
  }
}

/**
 * The text of a name. It counts exactly, white space included, unless a line break at both ends shows that the provider
 * prints its XML on lines.
 */
export function nameText(text: string): string {
  const trimmed = trimSpace(text)
  const start = text.indexOf(trimmed)
  const ends = [text.slice(0, start), text.slice(start + trimmed.length)]
  return ends.every((space) => /[\r\n]/.test(space)) ? trimmed : text
}

/** The Format (Core 2.2.2), a URI. */
export function formatOf(element: VerifiedElement): string | null {
  const format = attributeOf(element, 'Format')
  return format === undefined ? null : trimSpace(format)
}
