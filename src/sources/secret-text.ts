/** Whether a text holds a private key in PEM form: those stand in secret options alone, wherever people paste them. */
export function holdsPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
}

/** Whether a text is one that no page may show, in whatever option it stands: a private key, an address with a password. */
export function holdsSecret(value: unknown): boolean {
  return holdsPrivateKey(value) || (typeof value === 'string' && /:\/\/[^/?#\s]*:[^/?#\s]*@/.test(value))
}
