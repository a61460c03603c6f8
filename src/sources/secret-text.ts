/** Whether a text holds a private key in PEM form: those stand in secret options alone, wherever people paste them. */
export function holdsPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
}

/** Whether a text is one that no page may show, in whatever option it stands: a private key, an address with a password. */
export function holdsSecret(value: unknown): boolean {
  return holdsPrivateKey(value) || (typeof value === 'string' && authoritiesIn(value).some(holdsPassword))
}

/** What stands between `://` and the path, in each address of a text (RFC 3986 3.2). */
function authoritiesIn(text: string): string[] {
  const [, ...addresses] = text.split('://')
  return addresses.map((rest) => rest.split(/[/?#\s]/, 1)[0]!)
}

function holdsPassword(authority: string): boolean {
  return authority.slice(0, Math.max(0, authority.lastIndexOf('@'))).includes(':')
}
