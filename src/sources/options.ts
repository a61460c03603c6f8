import { z } from 'zod'
import { asciiDomain } from '../fields/normalize'
import { parseCertificate } from './certificates'

const httpUrl = z
  .string()
  .refine(isHttpUrl, 'must be an http(s) URL')
  .refine(isWithoutPassword, 'must not hold a user name or password')
const text = z.string().min(1, 'must not be empty')
const pem = text.refine((value) => value.includes('-----BEGIN'), 'must be in PEM form (-----BEGIN ...)')
const certificate = text.refine(isCertificate, 'must be an X.509 certificate, PEM or base64')
const milliseconds = z.int().min(0)
/** Their names stand, as they are, in node-saml's form. */
const parameters = z
  .record(z.string(), z.string())
  .refine(
    (given) => Object.keys(given).every((name) => /^[\w.~-]+$/.test(name)),
    'must have names of letters, digits, _, ., ~ and -',
  )
const selection = z.union([z.literal('all'), z.array(z.string())])

/** The `saml` of a source. */
export const samlOptions = z
  .strictObject({
    entryPoint: httpUrl,
    idpCert: z.union([certificate, z.array(certificate).min(1)]),
    idpIssuer: text,
    issuer: text.optional(),
    callbackUrl: httpUrl.optional(),
    privateKey: pem.optional(),
    publicCert: certificate.optional(),
    decryptionPvk: z.union([pem, z.instanceof(Buffer)]).optional(),
    decryptionCert: certificate.optional(),
    signatureAlgorithm: z.enum(['sha256', 'sha512']).optional(),
    digestAlgorithm: z.enum(['sha256', 'sha512']).optional(),
    identifierFormat: text.nullable().optional(),
    authnContext: z.array(text).optional(),
    racComparison: z.enum(['exact', 'minimum', 'maximum', 'better']).optional(),
    forceAuthn: z.boolean().optional(),
    passive: z.boolean().optional(),
    providerName: text.optional(),
    authnRequestBinding: z.enum(['HTTP-Redirect', 'HTTP-POST']).optional(),
    skipRequestCompression: z.boolean().optional(),
    additionalParams: parameters.optional(),
    additionalAuthorizeParams: parameters.optional(),
    acceptedClockSkewMs: milliseconds.optional(),
    maxAssertionAgeMs: milliseconds.optional(),
    logoutUrl: httpUrl.optional(),
    wantAssertionsSigned: z.boolean().optional(),
    wantAuthnResponseSigned: z.boolean().optional(),
    allowSha1: z.boolean().optional(),
    allowIdpInitiated: z.boolean().optional(),
  })
  .refine((saml) => !saml.privateKey === !saml.publicCert, 'give privateKey and publicCert together')
  .refine(
    (saml) => !saml.decryptionPvk === !saml.decryptionCert,
    'give decryptionPvk and decryptionCert together',
  )

/** The `oidc` of a source. */
export const oidcOptions = z.strictObject({
  issuer: httpUrl,
  clientID: text,
  clientSecret: text.optional(),
  scope: z.union([z.string(), z.array(text)]).optional(),
  authorizationURL: httpUrl.optional(),
  tokenURL: httpUrl.optional(),
  userInfoURL: httpUrl.optional(),
  jwksURL: httpUrl.optional(),
  endSessionURL: httpUrl.optional(),
  callbackURL: httpUrl.optional(),
  responseMode: z.enum(['query', 'form_post']).optional(),
  prompt: text.optional(),
  display: text.optional(),
  uiLocales: text.optional(),
  loginHint: text.optional(),
  maxAge: z.int().min(0).optional(),
  acrValues: text.optional(),
  tokenEndpointAuthMethod: z.enum(['client_secret_basic', 'client_secret_post', 'none']).optional(),
  allowPrivateAddresses: z.boolean().optional(),
})

/** All of a source but its protocol's options. */
export const generalOptions = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,63}$/i,
      'must be 1 to 64 letters, digits, - or _, since it is part of addresses',
    ),
  label: text.optional(),
  protocol: z.enum(['saml', 'oidc']),
  enabled: z.boolean().optional(),
  identifiers: z
    .array(text)
    .min(1, 'name at least one login identifier')
    .refine((paths) => new Set(paths).size === paths.length, 'name each login identifier once')
    .optional(),
  provisioning: z.boolean().optional(),
  syncing: z.boolean().optional(),
  fields: z.strictObject({ provision: selection.optional(), sync: selection.optional() }).optional(),
  attributes: z.record(z.string(), text).optional(),
  linking: z.enum(['never', 'verified', 'trusted']).optional(),
  domains: z.array(text.refine(isDomain, 'must be a domain name')).optional(),
  onAbsent: z.enum(['keep', 'clear']).optional(),
  onEmpty: z.enum(['keep', 'clear']).optional(),
})

/** Options of the wrapped libraries that would undo a check of this one, and what to do instead. */
export const refusedOptions: Record<string, string> = {
  validateInResponseTo: 'every answer is checked against the request that it answers; see allowIdpInitiated',
  cacheProvider: 'requests are kept in MongoDB',
  audience: 'the audience is always the SP entity ID; set `issuer`',
  cert: 'this option is called idpCert now',
  path: 'set baseUrl, or callbackUrl',
  nonce: 'a nonce is always sent',
  store: 'state is kept in MongoDB',
}

/** Whole domains only: no wildcard, no trailing dot. */
function isDomain(value: string): boolean {
  return asciiDomain(value) !== undefined
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
}

function isWithoutPassword(value: string): boolean {
  const { username, password } = URL.canParse(value) ? new URL(value) : { username: '', password: '' }
  return username === '' && password === ''
}

function isCertificate(value: string): boolean {
  try {
    return Boolean(parseCertificate(value))
  } catch {
    return false
  }
}
