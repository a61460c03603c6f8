/** Whether a text contains a private key in PEM form. Only secret options may. */
export function holdsPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
}

/** Whether no page may show a text, whatever its option: a private key, or an address with a password. */
export function holdsSecret(value: unknown): boolean {
  return holdsPrivateKey(value) || (typeof value === 'string' && authoritiesIn(value).some(holdsPassword))
}

/** The part between `://` and the path of each address in a text (RFC 3986 3.2). */
function authoritiesIn(text: string): string[] {
  const [, ...addresses] = text.split('://')
  return addresses.map((rest) => rest.split(/[/?#\s]/, 1)[0]!)
}

function holdsPassword(authority: string): boolean {
  return authority.slice(0, Math.max(0, authority.lastIndexOf('@'))).includes(':')
}
