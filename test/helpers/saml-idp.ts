import { generate } from 'selfsigned'
import { SignedXml } from 'xml-crypto'
import { encrypt, type EncryptionAlgorithm } from 'xml-encryption'
import keyPairs from './key-pairs.json'

/** A key pair with a self-signed certificate, PEM. */
export interface Keys {
  key: string
  cert: string
  publicKey: string
}

/** Key pairs for tests only, since creating one is slow. Each test file uses every pair once, and then creates more. */
const unusedPairs = [...keyPairs]

/** A key pair that no other call returns, with a fresh certificate. */
export async function createKeys(commonName: string): Promise<Keys> {
  const {
    private: key,
    cert,
    public: publicKey,
  } = await generate([{ name: 'commonName', value: commonName }], {
    algorithm: 'sha256',
    keySize: 2048,
    keyPair: unusedPairs.pop(),
  })
  return { key, cert, publicKey }
}

export const algorithms = {
  rsaSha1: 'http://www.w3.org/2000/09/xmldsig#rsa-sha1',
  rsaSha256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  rsaPss: 'http://www.w3.org/2007/05/xmldsig-more#sha256-rsa-MGF1',
  rsaSha512: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  ecdsaSha256: 'http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256',
  sha1: 'http://www.w3.org/2000/09/xmldsig#sha1',
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
  exclusive: 'http://www.w3.org/2001/10/xml-exc-c14n#',
  inclusive: 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315',
  aes128Cbc: 'http://www.w3.org/2001/04/xmlenc#aes128-cbc',
  aes256Cbc: 'http://www.w3.org/2001/04/xmlenc#aes256-cbc',
  tripleDes: 'http://www.w3.org/2001/04/xmlenc#tripledes-cbc',
  aes256Gcm: 'http://www.w3.org/2009/xmlenc11#aes256-gcm',
} as const

/** Everything that an identity provider can send, right or wrong; null omits a part. */
export interface ResponseOptions {
  keys: Keys
  sign: ('assertion' | 'response')[]
  issuer: string
  responseIssuer: string | null
  audience: string | null
  recipient: string | null
  destination: string | null
  inResponseTo: string | null
  responseInResponseTo: string | null
  assertionId: string
  nameId: string | null
  nameIdFormat: string
  /** The times of SubjectConfirmationData and Conditions, in seconds from now. */
  confirmationEnds: number | null
  confirmationBegins: number | null
  begins: number
  ends: number | null
  method: string
  status: string[]
  /** The content of AttributeStatement. */
  attributes: string
  /** Inserted before the first child of the assertion's Subject, and of its Conditions. */
  subjectExtra: string
  conditionsExtra: string
  signatureAlgorithm: string
  digestAlgorithm: string
  canonicalization: string
  /** The recipient of the encrypted assertion. */
  encryptFor: Keys | null
  encryption: EncryptionAlgorithm
  /** Changes the assertion, or the message, after signing. */
  afterAssertion: (xml: string) => string
  afterResponse: (xml: string) => string
  doctype: string
}

const SUCCESS = 'urn:oasis:names:tc:SAML:2.0:status:Success'
let assertions = 0

export const defaults = {
  sign: ['response'],
  assertionId: '',
  nameId: 'ann-1',
  nameIdFormat: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  confirmationEnds: 300,
  confirmationBegins: null,
  begins: -5,
  ends: 300,
  method: 'urn:oasis:names:tc:SAML:2.0:cm:bearer',
  status: [SUCCESS],
  attributes: attribute('email', 'ann@example.com'),
  subjectExtra: '',
  conditionsExtra: '',
  signatureAlgorithm: algorithms.rsaSha256,
  digestAlgorithm: algorithms.sha256,
  canonicalization: algorithms.exclusive,
  encryptFor: null,
  encryption: algorithms.aes256Gcm,
  afterAssertion: (xml: string) => xml,
  afterResponse: (xml: string) => xml,
  doctype: '',
} satisfies Partial<ResponseOptions>

/** One Attribute with its values, each as the XML inside AttributeValue. */
export function attribute(name: string, ...values: string[]): string {
  const all = values.map((value) => `<saml:AttributeValue>${value}</saml:AttributeValue>`).join('')
  return `<saml:Attribute Name="${name}">${all}</saml:Attribute>`
}

/** A whole Response, signed and encrypted as requested. */
export async function responseXml(options: ResponseOptions): Promise<string> {
  let assertion = assertionXml(options)
  if (options.sign.includes('assertion')) assertion = signXml(assertion, 'Assertion', options)
  assertion = options.afterAssertion(assertion)
  if (options.encryptFor) assertion = await encryptedXml(assertion, options)
  const response =
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"` +
    ` xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="_r${++assertions}" Version="2.0"` +
    ` IssueInstant="${at(0)}"${optional('Destination', options.destination)}` +
    `${optional('InResponseTo', options.responseInResponseTo)}>` +
    (options.responseIssuer === null ? '' : `<saml:Issuer>${options.responseIssuer}</saml:Issuer>`) +
    `<samlp:Status>${statusXml(options.status)}</samlp:Status>${assertion}</samlp:Response>`
  const signed = options.sign.includes('response') ? signXml(response, 'Response', options) : response
  return options.doctype + options.afterResponse(signed)
}

/** A Response without an assertion or a signature, as most identity providers send when they refuse. */
export function errorXml(
  options: Pick<ResponseOptions, 'destination' | 'responseIssuer' | 'status'>,
): string {
  return (
    `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_e${++assertions}" Version="2.0"` +
    ` IssueInstant="${at(0)}"${optional('Destination', options.destination)}>` +
    `<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${options.responseIssuer}</saml:Issuer>` +
    `<samlp:Status>${statusXml(options.status)}</samlp:Status></samlp:Response>`
  )
}

export function assertionXml(options: ResponseOptions): string {
  const id = options.assertionId || `_a${++assertions}`
  return (
    `<saml:Assertion xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ID="${id}" Version="2.0"` +
    ` IssueInstant="${at(0)}"><saml:Issuer>${options.issuer}</saml:Issuer>` +
    `<saml:Subject>${options.subjectExtra}${nameIdXml(options)}${confirmationXml(options)}</saml:Subject>` +
    `<saml:Conditions NotBefore="${at(options.begins)}"${time('NotOnOrAfter', options.ends)}>` +
    options.conditionsExtra +
    (options.audience === null
      ? ''
      : `<saml:AudienceRestriction><saml:Audience>${options.audience}</saml:Audience></saml:AudienceRestriction>`) +
    `</saml:Conditions><saml:AuthnStatement AuthnInstant="${at(0)}" SessionIndex="session-1">` +
    `<saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password` +
    `</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    (options.attributes && `<saml:AttributeStatement>${options.attributes}</saml:AttributeStatement>`) +
    '</saml:Assertion>'
  )
}

export function confirmationXml(options: ResponseOptions): string {
  return (
    `<saml:SubjectConfirmation Method="${options.method}"><saml:SubjectConfirmationData` +
    optional('Recipient', options.recipient) +
    optional('InResponseTo', options.inResponseTo) +
    time('NotBefore', options.confirmationBegins) +
    `${time('NotOnOrAfter', options.confirmationEnds)}/></saml:SubjectConfirmation>`
  )
}

function nameIdXml({ nameId, nameIdFormat }: ResponseOptions): string {
  return nameId === null ? '' : `<saml:NameID Format="${nameIdFormat}">${nameId}</saml:NameID>`
}

function statusXml([code, ...nested]: string[]): string {
  return code === undefined ? '' : `<samlp:StatusCode Value="${code}">${statusXml(nested)}</samlp:StatusCode>`
}

function at(seconds: number): string {
  return new Date(Date.now() + seconds * 1000).toISOString()
}

function time(name: string, seconds: number | null): string {
  return optional(name, seconds === null ? null : at(seconds))
}

function optional(name: string, value: string | null): string {
  return value === null ? '' : ` ${name}="${value}"`
}

/** Signs the only element with that name (XML Signature, enveloped) and puts the signature after its Issuer. */
export function signXml(
  xml: string,
  element: string,
  options: Pick<ResponseOptions, 'keys' | 'signatureAlgorithm' | 'digestAlgorithm' | 'canonicalization'>,
  prefixes: string[] = [],
): string {
  const xpath = `//*[local-name()='${element}']`
  const signature = new SignedXml({
    privateKey: options.keys.key,
    publicCert: options.keys.cert,
    signatureAlgorithm: options.signatureAlgorithm,
    canonicalizationAlgorithm: options.canonicalization,
  })
  signature.addReference({
    xpath,
    digestAlgorithm: options.digestAlgorithm,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', options.canonicalization],
    inclusiveNamespacesPrefixList: prefixes,
  })
  const issuer = new RegExp(`:${element}[^>]+><saml:Issuer>`).test(xml) && `${xpath}/*[local-name()='Issuer']`
  const location = issuer
    ? { reference: issuer, action: 'after' as const }
    : { reference: xpath, action: 'prepend' as const }
  signature.computeSignature(xml, { prefix: 'ds', location })
  return signature.getSignedXml()
}

/** The Response with an HMAC (XML Signature 6.3.1) instead of its signature. */
export function hmacSigned(xml: string, secret: string): string {
  const signature = new SignedXml({
    privateKey: secret,
    signatureAlgorithm: 'http://www.w3.org/2000/09/xmldsig#hmac-sha1',
    canonicalizationAlgorithm: algorithms.exclusive,
  })
  signature.enableHMAC()
  signature.addReference({
    xpath: '/*',
    digestAlgorithm: algorithms.sha256,
    transforms: ['http://www.w3.org/2000/09/xmldsig#enveloped-signature', algorithms.exclusive],
  })
  signature.computeSignature(xml, { prefix: 'ds', location: { reference: '/*/*[1]', action: 'after' } })
  return signature.getSignedXml()
}

async function encryptedXml(assertion: string, { encryptFor, encryption }: ResponseOptions): Promise<string> {
  const encrypted = await encryptedFor(encryptFor as Keys, assertion, encryption)
  return `<saml:EncryptedAssertion>${encrypted}</saml:EncryptedAssertion>`
}

/** A NameID that only the owner of these keys can decrypt. */
export async function encryptedId(nameId: string, keys: Keys): Promise<string> {
  return `<saml:EncryptedID>${await encryptedFor(keys, nameId)}</saml:EncryptedID>`
}

/** EncryptedData (XML Encryption 3.4) with its key. */
export function encryptedFor(
  { cert, publicKey }: Keys,
  text: string,
  encryptionAlgorithm: EncryptionAlgorithm = algorithms.aes256Gcm,
): Promise<string> {
  const options = {
    rsa_pub: publicKey,
    pem: cert,
    encryptionAlgorithm,
    keyEncryptionAlgorithm: 'http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p',
    warnInsecureAlgorithm: false,
  } as const
  return new Promise((resolve, reject) => {
    encrypt(text, options, (error, result) => (error ? reject(error) : resolve(result)))
  })
}
