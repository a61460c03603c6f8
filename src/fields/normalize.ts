import { domainToASCII, domainToUnicode } from 'node:url'

/**
 * Normalizes emails and user names for storage and comparison: trimmed, in lower case and composed. A letter is
 * lowercased only if its upper case is the original letter, so the Kelvin sign doesn't become k, nor İ i.
 */
export function normalize(value: string): string {
  // Lowercasing can leave letters that compose: no capital ẖ exists, only H with a macron below.
  return composed(lowered(composed(value.trim())))
}

/**
 * Composes identifiers for comparison: NFC (Unicode Standard Annex 15). If NFC would replace a character by another
 * one, the text stays unchanged, because it could become another person's.
 */
export function composed(text: string): string {
  return hasReplacedCharacter(text) ? text : text.normalize('NFC')
}

/** Whether NFC replaces a character by another one: the Kelvin sign by K, the ohm sign by omega. */
export function hasReplacedCharacter(text: string): boolean {
  if (text === text.normalize('NFC')) return false
  return Array.from(text).some((character) => {
    const [first, ...more] = character.normalize('NFC')
    return first !== character && more.length === 0
  })
}

/** The forms that an identifier stored before this library was used may have: NFC and NFD. */
export function formsOf(value: unknown): unknown[] {
  if (typeof value !== 'string') return [value]
  return hasReplacedCharacter(value)
    ? [value]
    : [...new Set([value.normalize('NFC'), value.normalize('NFD')])]
}

function lowered(value: string): string {
  return value.replace(/\p{Changes_When_Lowercased}/gu, (letter) => {
    const lower = letter.toLowerCase()
    return lower.toUpperCase() === letter ? lower : letter
  })
}

/** The longest address and domain that mail is delivered to (RFC 5321 4.5.3.1). */
const MAX_ADDRESS = 254
const MAX_DOMAIN = 253

/** Letters, digits and hyphens in labels of at most 63 characters (RFC 1035 2.3.1); the last is not a number, as an IP address's is. */
const hostName = /^(?:[a-z0-9-]{1,63}\.)*(?![0-9]+$)[a-z0-9-]{1,63}$/

/**
 * A dot-atom (RFC 5322 3.2.3) in letters of any script (RFC 6531 3.3), without `%` and `!`: old mail relays read
 * `ann%evil.example@corp.example` and `evil.example!ann@corp.example` as mailboxes of evil.example.
 */
const localPart = /^[\p{L}\p{M}\p{N}#$&'*+/=?^_`{|}~-]+(?:\.[\p{L}\p{M}\p{N}#$&'*+/=?^_`{|}~-]+)*$/u

/**
 * A mail domain in the form in which domains are compared: ASCII (RFC 5891), lower case. Undefined if it isn't a host
 * name (an address literal, a trailing dot), or has characters that merely map to a host name's (full-width letters,
 * the Kelvin sign, soft hyphens, escapes).
 */
export function asciiDomain(domain: string): string | undefined {
  if (domain.length > MAX_DOMAIN) return undefined
  const ascii = domainToASCII(domain)
  const written = lowered(domain)
  return hostName.test(ascii) && (ascii === written || domainToUnicode(ascii) === written) ? ascii : undefined
}

/**
 * Whether a text looks like an email: one @, at least one character before it, and a domain after it, without specials
 * (RFC 5322 3.2.3).
 */
export function isEmail(text: string): boolean {
  return /^[^@]+@[^\s@.<>()[\]",;:\\]+(?:\.[^\s@.<>()[\]",;:\\]+)*\.?$/.test(text)
}

/**
 * The domain of an email. Undefined where two systems might read different domains from it: quotes
 * (`"ann@evil.example"@corp.example`), comments (`ann(@evil.example)@corp.example`), routes, lists, angle brackets,
 * more than one @, white space, invisible characters, or more characters than a mailbox can have.
 */
export function domainOf(email: string): string | undefined {
  const at = email.lastIndexOf('@')
  if (email.length > MAX_ADDRESS || !localPart.test(email.slice(0, Math.max(at, 0)))) return undefined
  return asciiDomain(email.slice(at + 1))
}
