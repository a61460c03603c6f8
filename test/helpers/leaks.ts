import { inspect } from 'node:util'

/** An output of the library, and its place. */
export interface Output {
  where: string
  what: unknown
}

/**
 * The outputs that contain a secret: unchanged, in base64 at any offset, in hexadecimal, as raw bytes, or in part.
 * Escaping does not matter, since only parts of letters and digits are searched for.
 */
export function leaks(outputs: readonly Output[], secrets: Record<string, string | Buffer>): string[] {
  const wanted = Object.entries(secrets).map(([name, secret]) => ({ name, forms: formsOf(secret) }))
  return outputs.flatMap(({ where, what }) => {
    const text = textOf(what)
    return wanted
      .filter(({ forms }) => forms.some((form) => text.includes(form)))
      .map(({ name }) => `${name} in ${where}`)
  })
}

/** Everything readable in a value: what JSON and a log would show, hidden properties, bytes. */
function textOf(what: unknown): string {
  if (typeof what === 'string') return what
  const all = {
    depth: Infinity,
    showHidden: true,
    getters: true,
    maxArrayLength: null,
    maxStringLength: null,
  }
  return [inspect(what, all), JSON.stringify(what), ...bytesIn(what)].join('\n')
}

/** All bytes in a value, one character each. */
function bytesIn(value: unknown, seen = new Set<unknown>()): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')]
  if (typeof value !== 'object' || value === null || seen.has(value)) return []
  seen.add(value)
  return Object.values(value).flatMap((one) => bytesIn(one, seen))
}

function formsOf(secret: string | Buffer): string[] {
  const bytes = Buffer.isBuffer(secret) ? secret : Buffer.from(secret)
  const shifted = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString('base64')
    // Its neighbors change the first and the last characters.
    return text.slice(before === 0 ? 0 : 4, -4)
  })
  const encoded = [...shifted, ...shifted.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'))]
  const texts = Buffer.isBuffer(secret) ? encoded : [...encoded, secret]
  return [
    ...new Set([...texts.flatMap(parts), bytes.toString('hex'), bytes.subarray(0, 24).toString('latin1')]),
  ]
}

/** The runs of letters and digits that are long enough to be unique. */
function parts(text: string): string[] {
  return text.match(/[A-Za-z0-9]{14,}/g) ?? []
}
