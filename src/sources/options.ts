import { z } from 'zod'
import { asciiDomain } from '../fields/normalize'
import { isRsaCertificate, parseCertificate, pemBlocks, problemOfKeys } from './certificates'
import type { Control, Option, RequiredOption, Secret } from './option-table'

/** What the values of options must look like. */
export const httpUrl = z
  .string()
  .refine(isHttpUrl, 'must be an http(s) URL')
  .refine(isWithoutPassword, 'must not hold a user name or password')
export const text = z.string().min(1, 'must not be empty')
const isPem = (value: string): boolean => value.includes('-----BEGIN')
export const pem = text.refine(isPem, 'must be in PEM form (-----BEGIN ...)')
export const certificate = text.refine(isCertificate, 'must be an X.509 certificate, PEM or base64')
/** For what this app signs and decrypts. */
export const rsaCertificate = certificate.refine(isRsaCertificate, 'must hold an RSA key')
/** At least one of them has a key that signatures are accepted by. */
export const signingCertificates = z
  .union([certificate, z.array(certificate).min(1)])
  .refine((value) => problemOfKeys([value].flat()) === undefined, {
    error: ({ input }) => problemOfKeys([input as string | string[]].flat()) ?? '',
  })
/** The certificates of a private authority: one PEM, of one block or several. */
export const authority = text.refine(
  (value) => pemBlocks(value).length > 0 && pemBlocks(value).every(isCertificate),
  'must be one or more X.509 certificates in PEM form',
)
export const flag = z.boolean()
export const milliseconds = z.int().min(0)
/** node-saml writes their names into its form unescaped. */
export const parameters = z
  .record(z.string(), z.string())
  .refine(
    (values) => Object.keys(values).every((name) => /^[\w.~-]+$/.test(name)),
    'must have names of letters, digits, _, ., ~ and -',
  )
/** Whole domains only: no wildcard, no trailing dot. */
export const domain = text.refine((value) => asciiDomain(value) !== undefined, 'must be a domain name')
export const selection = z.union([z.literal('all'), z.array(z.string())])

type Rule = 'default' | 'permanent' | 'team' | 'fromMetadata' | 'pairedWith'

type Details<Value> = Pick<Option<NoInfer<Value>>, Rule> & (Control | { kind?: undefined })

/** A row for an option that every source has. */
export function required<Value>(schema: z.ZodType<Value>, details?: Details<Value>): RequiredOption<Value> {
  return { ...details, schema, required: true }
}

/** A row for an option that may be left out. */
export function optional<Value>(schema: z.ZodType<Value>, details?: Details<Value>): Option<Value> {
  return { ...details, schema }
}

/** A row for an option that holds a secret, and may be left out. */
export function secret<Value>(schema: z.ZodType<Value>, details?: Details<Value>): Secret<Value> {
  return { ...details, schema, secret: true }
}

/** Options of the wrapped libraries that would undo a check of this library, and what to do instead. */
export const refusedOptions: Record<string, string> = {
  validateInResponseTo: 'every answer is checked against the request that it answers; see allowIdpInitiated',
  cacheProvider: 'requests are kept in MongoDB',
  audience: 'the audience is always the SP entity ID; set `issuer`',
  cert: 'this option is called idpCert now',
  path: 'set baseUrl, or callbackUrl',
  nonce: 'a nonce is always sent',
  store: 'state is kept in MongoDB',
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
