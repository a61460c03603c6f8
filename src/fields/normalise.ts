import { domainToASCII, domainToUnicode } from 'node:url'

/**
 * The form in which e-mail addresses and user names are stored and compared: trimmed, lower case. A letter
 * is only lowered where the way up leads back to it: the Kelvin sign is not a k, nor İ an i.
 */
export function normalise(value: string): string {
  return value.trim().replace(/\p{Changes_When_Lowercased}/gu, (letter) => {
    const lower = letter.toLowerCase()
    return lower.toUpperCase() === letter ? lower : letter
  })
}

/**
 * A mail domain in the one form in which domains are compared: ASCII (RFC 5891), lower case. Undefined for
 * what is no domain, or is written in characters that only map to one (full-width letters, escapes).
 */
export function asciiDomain(domain: string): string | undefined {
  const ascii = domainToASCII(domain)
  const written = domain.toLowerCase()
  return ascii !== '' && (ascii === written || domainToUnicode(ascii) === written) ? ascii : undefined
}

/** The domain of an e-mail address; undefined where there is any doubt (two @, quotes, white space). */
export function domainOf(email: string): string | undefined {
  const domain = /^[^@\s"]+@([^@\s"]+)$/u.exec(email)?.[1]
  return domain === undefined ? undefined : asciiDomain(domain)
}
