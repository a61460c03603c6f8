import { XmlError } from './error'

// eslint-disable-next-line no-control-regex
const badCharacter = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ud800-\udfff\ufffe\uffff]/u
const badReference = /&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[\da-fA-F]{1,6});)/
const predefined = new Map(Object.entries({ amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }))

const NAME_START = [
  ...['A-Z_a-z', '\\xC0-\\xD6', '\\xD8-\\xF6', '\\xF8-\\u02FF', '\\u0370-\\u037D', '\\u037F-\\u1FFF'],
  ...['\\u200C', '\\u200D', '\\u2070-\\u218F', '\\u2C00-\\u2FEF', '\\u3001-\\uD7FF', '\\uF900-\\uFDCF'],
  ...['\\uFDF0-\\uFFFD', '\\u{10000}-\\u{EFFFF}'],
].join('')
const NAME_CHARACTERS = ['\\-.\\d', '\\xB7', '\\u0300-\\u036F', '\\u203F', '\\u2040'].join('')
const NC_NAME = `[${NAME_START}][${NAME_START}${NAME_CHARACTERS}]*`

/** The pattern of a name with or without a prefix (XML 2.3, Namespaces in XML 4), for a RegExp with the flag `u`. */
export const NAME = `${NC_NAME}(?::${NC_NAME})?`

/** XML 2.2. */
export function checkCharacters(text: string): void {
  if (badCharacter.test(text)) throw new XmlError('structure', 'holds control characters')
}

/** Refuses entities other than the predefined ones (XML 4.6) and references to characters that XML forbids. */
export function checkReferences(text: string): void {
  if (!text.includes('&')) return
  if (badReference.test(text)) throw new XmlError('structure', 'refers to an entity that XML does not define')
  for (const [reference] of text.matchAll(/&#\w+;/g)) {
    const code = codePoint(reference)
    if (code === 0 || code > 0x10ffff || badCharacter.test(String.fromCodePoint(code)))
      throw new XmlError('structure', 'refers to a character that XML does not have')
  }
}

/** Replaces references with their characters, in a text that `checkReferences` has passed. */
export function decodeReferences(text: string): string {
  if (!text.includes('&')) return text
  // Without numbers there is no need to call a function for each. `&amp;` is last, since it may begin another one.
  if (!text.includes('&#')) {
    const ampLast = [...predefined].reverse()
    return ampLast.reduce((decoded, [name, character]) => decoded.replaceAll(`&${name};`, character), text)
  }
  return text.replace(
    /&#?\w+;/g,
    (reference) => predefined.get(reference.slice(1, -1)) ?? String.fromCodePoint(codePoint(reference)),
  )
}

/** Of a character reference: `&#38;` or `&#x26;`. */
function codePoint(reference: string): number {
  return reference[2] === 'x' ? parseInt(reference.slice(3, -1), 16) : Number(reference.slice(2, -1))
}
