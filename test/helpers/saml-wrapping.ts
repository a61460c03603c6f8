import type { ResponseOptions } from './saml-idp'

export const assertionPattern = /<saml:Assertion[^]*<\/saml:Assertion>/
export const signaturePattern = /<ds:Signature [^]*?<\/ds:Signature>/

/** A signed assertion or Response as an attacker changes it: another user, another ID, no signature. */
export function forged(xml: string): string {
  return xml
    .replace(signaturePattern, '')
    .replace('>ann-1<', '>admin<')
    .replace(/ ID="_/, ' ID="_evil')
}

export function part(xml: string, pattern: RegExp): string {
  return pattern.exec(xml)?.[0] ?? ''
}

const onAssertion: ResponseOptions['sign'] = ['assertion']

/** The eight arrangements of "On Breaking SAML" (USENIX Security 2012), as testing tools number them. */
export const wrappings: [number, ResponseOptions['sign'], (xml: string) => string][] = [
  [1, ['response'], (xml) => wrapResponse(xml, (sig, original) => intoSignature(sig, original))],
  [2, ['response'], (xml) => wrapResponse(xml, (sig, original) => original + sig)],
  [3, onAssertion, (xml) => xml.replace(assertionPattern, (signed) => forged(signed) + signed)],
  [4, onAssertion, (xml) => xml.replace(assertionPattern, (signed) => inside(forged(signed), signed))],
  [
    5,
    onAssertion,
    (xml) =>
      xml.replace(assertionPattern, (signed) => evilSigned(signed) + signed.replace(signaturePattern, '')),
  ],
  [
    6,
    onAssertion,
    (xml) =>
      xml.replace(assertionPattern, (signed) =>
        evilSigned(signed).replace(signaturePattern, (sig) =>
          intoSignature(sig, signed.replace(signaturePattern, '')),
        ),
      ),
  ],
  [
    7,
    onAssertion,
    (xml) =>
      xml.replace('<samlp:Status>', () => {
        const evil = forged(part(xml, assertionPattern))
        return `<samlp:Extensions>${evil}</samlp:Extensions><samlp:Status>`
      }),
  ],
  [
    8,
    onAssertion,
    (xml) =>
      xml.replace(assertionPattern, (signed) =>
        evilSigned(signed).replace(signaturePattern, (sig) =>
          intoSignature(sig, `<ds:Object>${signed.replace(signaturePattern, '')}</ds:Object>`),
        ),
      ),
  ],
]

function wrapResponse(xml: string, arrange: (sig: string, original: string) => string): string {
  const sig = part(xml, signaturePattern)
  return forged(xml).replace('<samlp:Status>', `${arrange(sig, xml.replace(sig, ''))}$&`)
}

function evilSigned(signed: string): string {
  const sig = part(signed, signaturePattern)
  return forged(signed).replace('</saml:Issuer>', () => `</saml:Issuer>${sig}`)
}

function intoSignature(sig: string, content: string): string {
  return sig.replace('</ds:Signature>', () => `${content}</ds:Signature>`)
}

function inside(outer: string, content: string): string {
  return outer.replace('</saml:Assertion>', () => `${content}</saml:Assertion>`)
}
