/** Whether a text holds a private key in PEM form: those stand in secret options alone, wherever people paste them. */
export function holdsPrivateKey(value: unknown): boolean {
  return typeof value === 'string' && /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
}
