import { isUtf8 } from 'node:buffer'
import { XmlError } from './error'

type Decode = (bytes: Buffer) => string

const utf16le: Decode = (bytes) => decodeStrictly('utf-16le', bytes)
const utf16be: Decode = (bytes) => decodeStrictly('utf-16be', bytes)

const byteOrderMarks: readonly [mark: string, decode: Decode][] = [
  ['efbbbf', (bytes) => decodeStrictly('utf-8', bytes)],
  ['fffe', utf16le],
  ['feff', utf16be],
]

/** The characters of windows-1252 from 0x80 to 0x9F; elsewhere it is ISO-8859-1. */
const WINDOWS_1252 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ'

const latin1: Decode = (bytes) => bytes.toString('latin1')
const windows1252: Decode = (bytes) =>
  latin1(bytes).replace(/[\x80-\x9f]/g, (character) => WINDOWS_1252[character.charCodeAt(0) - 0x80]!)
/** Without a byte order mark, the first character of a document says it: `<`. */
const utf16: Decode = (bytes) => (bytes[0] === 0 ? utf16be : utf16le)(bytes)

const encodings: ReadonlyMap<string, Decode> = new Map([
  ...['iso-8859-1', 'iso_8859-1', 'latin1'].map((label) => [label, latin1] as const),
  ...['windows-1252', 'cp1252'].map((label) => [label, windows1252] as const),
  ...['utf-16', 'utf-16le', 'utf-16be'].map((label) => [label, utf16] as const),
])

/**
 * Decodes a document: by its byte order mark, else as UTF-8 if it is valid UTF-8, else by the encoding that it declares
 * (XML 4.3.3). Throws XmlError for another encoding.
 */
export function decodeXml(bytes: Buffer): string {
  const marked = byteOrderMarks.find(([mark]) => bytes.subarray(0, mark.length / 2).toString('hex') === mark)
  if (marked) return marked[1](bytes.subarray(marked[0].length / 2))
  const label = declaredEncoding(bytes)
  const decode = label === undefined ? undefined : encodings.get(label.toLowerCase())
  // XML has no NUL, so UTF-8 with NULs is UTF-16.
  if (isUtf8(bytes) && !(bytes.includes(0) && decode === utf16)) return bytes.toString('utf8')
  if (decode) return decode(bytes)
  throw new XmlError(
    'encoding',
    label === undefined || /^utf-8$/i.test(label)
      ? 'is not UTF-8'
      : `is in ${label}, an encoding that is not supported`,
  )
}

/** The label in an XML declaration that any encoding with the characters of ASCII shows. */
function declaredEncoding(bytes: Buffer): string | undefined {
  const start = bytes.subarray(0, 400).toString('latin1').replaceAll('\0', '')
  return /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]{0,39})["']/.exec(start)?.[1]
}

function decodeStrictly(encoding: 'utf-8' | 'utf-16le' | 'utf-16be', bytes: Buffer): string {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new XmlError('encoding', `is not ${encoding.slice(0, 6).toUpperCase()}`)
  }
}
