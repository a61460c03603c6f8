const MAX_BYTES = 2048

/** Any origin serves: a path that a browser resolves must stay on it. */
const ORIGIN = 'https://origin.invalid'

/**
 * The value if it is a path of this origin, at most 2 KB long, and so a place to go after a sign-in; else
 * undefined. Browsers read `//host`, `/\host` and `/<tab>/host` as addresses of another origin.
 */
export function safeReturnTo(value: unknown): string | undefined {
  if (typeof value !== 'string' || Buffer.byteLength(value) > MAX_BYTES) return undefined
  // eslint-disable-next-line no-control-regex
  if (!/^\/(?!\/)[^\\\u0000-\u001f\u007f]*$/.test(value)) return undefined
  return URL.canParse(value, ORIGIN) && new URL(value, ORIGIN).origin === ORIGIN ? value : undefined
}
