import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { algorithms, encryptedFor, type Keys } from './saml-idp'
import { assertionPattern, part, signaturePattern } from './saml-wrapping'

/** A valid Response, except for the given changes. */
export type Respond = (changes: object) => Promise<string>

/** The content of a document of about this many bytes. */
export type Shape = (bytes: number) => string

const filled = (piece: string, bytes: number): string => piece.repeat(Math.floor(bytes / piece.length))
const numbered = (count: number, piece: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => piece(index)).join('')

/** Messages that anyone can write, in any size. */
export const shapes: Record<string, Shape> = {
  flat: (bytes) => filled('<a/>', bytes),
  deep: (bytes) => filled('<a>', bytes / 2) + filled('</a>', (bytes / 3) * 2),
  wide: (bytes) => `<a${numbered(bytes / 12, (index) => ` b${index}="x"`)}/>`,
  'one long text': (bytes) => filled('x', bytes),
  'one long attribute': (bytes) => `<a b="${filled('x', bytes)}"/>`,
  'one long name': (bytes) => `<${filled('x', bytes)}/>`,
  'one endless long tag': (bytes) => `<a${filled(' ', bytes)}`,
  'text with character references': (bytes) => filled('&#x41;', bytes),
  'text to escape': (bytes) => filled('>', bytes),
  'CDATA to escape': (bytes) => `<![CDATA[${filled('&', bytes)}]]>`,
  'line ends': (bytes) => filled('\r', bytes),
  'different namespaces': (bytes) => numbered(bytes / 22, (index) => `<a xmlns:p${index}="u"/>`),
  'one repeated namespace': (bytes) => filled('<p:a xmlns:p="u"/>', bytes),
  comments: (bytes) => filled('<!---->', bytes),
  'CDATA sections': (bytes) => filled('<![CDATA[x]]>', bytes),
  'duplicate IDs': (bytes) => filled('<a ID="x"/>', bytes),
  'different names': (bytes) => numbered(bytes / 16, (index) => `<n${index}></n${index}>`),
  signatures: (bytes) => filled('<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"/>', bytes),
}

/** The most costly content within every limit. Each is the content of an attribute value. */
export const densest: Record<string, string> = {
  'the most elements': '<a/>'.repeat(4370),
  'the most attributes': numbered(300, () => `<a${numbered(32, (index) => ` b${index}="x"`)}/>`),
  'as many attributes, of one element': `<a${numbered(9900, (index) => ` b${index}="x"`)}/>`,
  'as many attributes of one element, with prefixes': `<a${numbered(
    4900,
    (index) => ` xmlns:p${index}="urn:${index}"`,
  )}${numbered(4900, (index) => ` p${index}:b="x"`)}/>`,
  'as many prefixes, around as many elements': `<a${numbered(
    5000,
    (index) => ` xmlns:p${index}="urn:${index}"`,
  )}>${'<p4999:b/>'.repeat(4300)}</a>`,
  'as many prefixes, one in the other': `${numbered(50, (level) => `<a${numbered(180, (index) => ` xmlns:p${level}-${index}="urn:x"`)}>`)}${'<p0-0:b/>'.repeat(
    4000,
  )}${'</a>'.repeat(50)}`,
  'one long namespace under two prefixes': `<a xmlns:p="urn:${'u'.repeat(150_000)}" xmlns:q="urn:${'u'.repeat(150_000)}"><b${numbered(
    4900,
    (index) => ` p:b${index}="x" q:c${index}="x"`,
  )}/></a>`,
  'two long namespaces that hardly differ': `<a xmlns:p="urn:${'u'.repeat(150_000)}1" xmlns:q="urn:${'u'.repeat(150_000)}2"><b${numbered(
    4900,
    (index) => ` p:b${index}="x" q:b${index}="x"`,
  )}/></a>`,
  'the most attributes with prefixes': `<z${numbered(12, (index) => ` xmlns:p${index}="u${index}"`)}>${numbered(
    300,
    () => `<a${numbered(32, (index) => ` p${index % 12}:b${index}="x"`)}/>`,
  )}</z>`,
  'the most sibling namespace declarations': numbered(
    3000,
    (index) => `<p:a xmlns:p="u${index}" xmlns:q="v${index}" q:b="x"/>`,
  ),
  'the most nested namespace declarations': `${numbered(30, (index) => `<q:a xmlns:q="u${index}">`)}${'<q:b q:c="1" q:d="2"/>'.repeat(
    4300,
  )}${'</q:a>'.repeat(30)}`,
  'a long namespace on the most elements': `<a xmlns:p="urn:${'u'.repeat(480)}">${'<p:b p:c="1" p:d="2"/>'.repeat(4300)}</a>`,
  'a namespace full of references': `<a xmlns:p="urn:${'&amp;'.repeat(90_000)}">${'<p:b/>'.repeat(4)}</a>`,
  'the most levels': numbered(80, () => '<a>'.repeat(54) + '</a>'.repeat(54)),
  'the most character references': '&#x41;'.repeat(80_000),
  'the most characters to escape': '>'.repeat(490_000),
  'a long text': 'x'.repeat(500_000),
  'a long text of two-byte characters': 'é'.repeat(250_000),
  'a long attribute': `<a b="${'x'.repeat(500_000)}"/>`,
  'a long name': `<${'x'.repeat(250_000)}></${'x'.repeat(250_000)}>`,
  'line ends': '\r'.repeat(500_000),
  'the most comments': '<!---->'.repeat(70_000),
  'the most comments in a text': 'x<!---->'.repeat(60_000),
  'the most CDATA sections': '<![CDATA[x]]>'.repeat(37_000),
  'the most names': numbered(4300, (index) => `<n${index}></n${index}>`),
  'the most long names': numbered(4300, (index) => `<${'n'.repeat(90)}${index}/>`),
  'names in other scripts': '<ж/>'.repeat(4300),
  'the most IDs': numbered(4300, (index) => `<a ID="i${index}"/>`),
}

/** An assertion with this content, under a valid signature of another assertion. */
export async function underGenuineSignature(respond: Respond, content: string): Promise<string> {
  const genuine = await respond({ sign: ['assertion'], assertionId: '_one' })
  return respond({
    sign: [],
    assertionId: '_one',
    attributes: `<saml:Attribute Name="a"><saml:AttributeValue>${content}</saml:AttributeValue></saml:Attribute>`,
    afterAssertion: (xml: string) =>
      xml.replace('</saml:Issuer>', () => `</saml:Issuer>${part(genuine, signaturePattern)}`),
  })
}

/** Responses whose cost does not come from their size. */
export const crafted: Record<string, (respond: Respond) => Promise<string>> = {
  'a signature with many references': async (respond) =>
    change(await respond({}), /<ds:Reference[^]*<\/ds:Reference>/, (one) => one.repeat(500)),
  'a signature with many transforms': async (respond) =>
    change(await respond({}), /<ds:Transform [^>]*\/>/, (one) => one.repeat(4000)),
  'a signature with a long list of prefixes and a long SignedInfo': async (respond) =>
    change(await respond({}), /<ds:CanonicalizationMethod ([^>]*[^/ ]) *\/>/, (one) => {
      const list = `<x:InclusiveNamespaces xmlns:x="${algorithms.exclusive}" PrefixList="${'q '.repeat(200_000)}"/>`
      return one.replace(/ *\/>/, `>${list}</ds:CanonicalizationMethod>${'<a/>'.repeat(4000)}`)
    }),
  'a signature with a long KeyInfo': async (respond) =>
    change(await respond({}), /<\/ds:KeyInfo>/, (one) => '<a/>'.repeat(4000) + one),
  'a very long namespace, used repeatedly': (respond) =>
    underGenuineSignature(respond, `<a xmlns:p="${'u'.repeat(60_000)}">${'<p:b/>'.repeat(4000)}</a>`),
  'a CDATA section with many characters to escape': (respond) =>
    underGenuineSignature(respond, `<![CDATA[${'&'.repeat(480_000)}]]>`),
  'a very long signature value': async (respond) =>
    change(await respond({}), /<\/ds:SignatureValue>/, (one) => 'A'.repeat(450_000) + one),
  'a very long digest': async (respond) =>
    change(await respond({}), /<\/ds:DigestValue>/, (one) => 'A'.repeat(450_000) + one),
  'a very long request': async (respond) =>
    change(await respond({}), / InResponseTo="[^"]*"/, () => ` InResponseTo="${'x'.repeat(450_000)}.test"`),
  'a very long Status': (respond) => respond({ sign: [], status: [`${'a'.repeat(450_000)} `] }),
  'a very deep Status': (respond) => respond({ sign: [], status: Array<string>(60).fill('x'.repeat(5000)) }),
  'many Issuers': async (respond) =>
    change(await respond({}), /<saml:Issuer>[^]*?<\/saml:Issuer>/, (one) => one.repeat(4000)),
}

/** Responses that anyone can encrypt for this app. */
export function encrypted(sp: Keys): Record<string, (respond: Respond) => Promise<string>> {
  const sealed = async (respond: Respond, assertion: string): Promise<string> =>
    around(respond, await encryptedFor(sp, assertion))
  const cipher =
    /(<xenc:CipherValue>)[^<]+(<\/xenc:CipherValue>\s*<\/xenc:CipherData>\s*<\/xenc:EncryptedData>)/
  const dense = { ...densest, 'a long text': 'x'.repeat(370_000) }
  const densestSealed = Object.entries(dense)
    // The encrypted content is base64 within base64.
    .filter(([, content]) => Buffer.byteLength(content) < 380_000)
    .map(([name, content]): [string, (respond: Respond) => Promise<string>] => [
      `encrypted, ${name}`,
      async (respond) =>
        sealed(respond, part(await underGenuineSignature(respond, content), assertionPattern)),
    ])
  return {
    ...Object.fromEntries(densestSealed),
    'encrypted, invalid XML': async (respond) =>
      change(await sealed(respond, 'x'), cipher, (one) => one.replace(cipher, `$1${'A'.repeat(480_000)}$2`)),
    'encrypted, the most unsigned elements': async (respond) =>
      around(respond, (await encryptedFor(sp, 'x')) + '<a/>'.repeat(150)),
    'encrypted, with a signature in the wrong place': async (respond) => {
      const genuine = await respond({ sign: ['assertion'], assertionId: '_one' })
      const content = part(genuine, signaturePattern) + (await encryptedFor(sp, 'x')) + '<a/>'.repeat(4000)
      return change(await around(respond, content), /<saml:EncryptedAssertion/, (one) => `${one} ID="_one"`)
    },
    'encrypted, with an XPath expression as reference': (respond) =>
      around(
        respond,
        '<xenc:EncryptedData xmlns:xenc="http://www.w3.org/2001/04/xmlenc#"><xenc:EncryptionMethod' +
          ' Algorithm="http://www.w3.org/2009/xmlenc11#aes256-gcm"/><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#">' +
          `<RetrievalMethod URI="#x' or ${'//*['.repeat(3)}1${']'.repeat(3)} or '"/></KeyInfo></xenc:EncryptedData>` +
          '<a/>'.repeat(150),
      ),
  }
}

/** Compressed form bodies. */
export const compressed: [encoding: string, title: string, body: Buffer][] = [
  ['gzip', 'gzip', gzipSync(`SAMLResponse=${'A'.repeat(50_000_000)}`)],
  ['deflate', 'deflate', deflateSync(`SAMLResponse=${'A'.repeat(50_000_000)}`)],
  ['br', 'brotli', brotliCompressSync(Buffer.alloc(50_000_000, 'SAMLResponse=AAAA'))],
  ['gzip', 'gzip, 10 MB of it', Buffer.concat([gzipSync(Buffer.alloc(1000)), Buffer.alloc(10_000_000)])],
]

/** A message in the form of HTTP-Redirect, which an assertion consumer service does not accept. */
export const deflated: string = deflateRawSync(Buffer.alloc(50_000_000)).toString('base64')

async function around(respond: Respond, content: string): Promise<string> {
  return change(await respond({ sign: [] }), assertionPattern, () => {
    return `<saml:EncryptedAssertion>${content}</saml:EncryptedAssertion>`
  })
}

/** Replaces a string that must be present. */
function change(xml: string, pattern: RegExp, replace: (found: string) => string): string {
  if (!pattern.test(xml)) throw new Error(`There is no ${pattern.source} to change`)
  return xml.replace(pattern, replace)
}
