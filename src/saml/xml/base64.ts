/**
 * Decodes base64 (XML Schema 3.2.16, RFC 2045 6.8) with blanks, tabs and line breaks anywhere in it. Undefined for any
 * other character, and for a padding that is missing or not in its place.
 */
export function decodeBase64(text: string): Buffer | undefined {
  const base64 = text.replace(/[ \t\r\n]+/g, '')
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}
