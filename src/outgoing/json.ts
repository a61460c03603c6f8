/** How deeply arrays and objects may be nested. Providers use three or four levels. */
const MAX_DEPTH = 32

/** The most members in all objects of one text together. A large ID token has a hundred. */
const MAX_MEMBERS = 5000

const [QUOTE, COLON, BACKSLASH] = [0x22, 0x3a, 0x5c]
const [OPEN_ARRAY, CLOSE_ARRAY, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d]

/**
 * Parses a JSON text, with or without a byte order mark (RFC 8259 8.1). Undefined if it is invalid or too large; a
 * SyntaxError would quote the text.
 */
export function parseJson(text: string): unknown {
  try {
    return isBoundedJson(text) ? JSON.parse(text.replace(/^\uFEFF/, '')) : undefined
  } catch {
    return undefined
  }
}

/**
 * Whether a JSON text is small enough to be parsed: at most 32 levels and 5,000 members. One pass, without
 * parsing: to parse a megabyte of brackets or members, and walk through the result, costs a hundred times as
 * much. Does not check whether the text is JSON.
 */
export function isBoundedJson(text: string): boolean {
  let depth = 0
  let members = 0
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === QUOTE) i = endOfString(text, i)
    else if (code === COLON) members++
    else if (code === OPEN_ARRAY || code === OPEN_OBJECT) depth++
    else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--
    if (depth > MAX_DEPTH || members > MAX_MEMBERS) return false
  }
  return true
}

/** Where the string that begins at `start` ends. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code === BACKSLASH) i++
    else if (code === QUOTE) return i
  }
  return text.length
}
