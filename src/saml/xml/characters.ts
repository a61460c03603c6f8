import { XmlError } from './error'

// eslint-disable-next-line no-control-regex
const badCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u
const badReference = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/
const characterReference = /&#(?:x([\da-fA-F]+)|(\d+));/g
const anyReference = /&(?:#x([\da-fA-F]+)|#(\d+)|(\w+));/g
const predefined: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** XML 2.2. */
export function checkCharacters(text: string): void {
  if (badCharacter.test(text)) throw new XmlError('structure', 'holds control characters')
}

/** Refuses entities other than the predefined ones (XML 4.6) and references to characters that XML forbids. */
export function checkReferences(text: string): void {
  if (badReference.test(text)) {
    throw new XmlError('structure', 'refers to an entity that XML does not define')
  }
  for (const [, hex, decimal] of text.matchAll(characterReference)) {
    const code = codePoint(hex, decimal)
    if (code === 0 || code > 0x10ffff || badCharacter.test(String.fromCodePoint(code))) {
      throw new XmlError('structure', 'refers to a character that XML does not have')
    }
  }
}

/** Replaces references with their characters, in a text that `checkReferences` has passed. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(anyReference, (_, hex?: string, decimal?: string, name?: string) =>
    name === undefined ? String.fromCodePoint(codePoint(hex, decimal)) : predefined[name]!,
  )
}

function codePoint(hex: string | undefined, decimal: string | undefined): number {
  return hex === undefined ? Number(decimal) : parseInt(hex, 16)
}
