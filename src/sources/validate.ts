import { X509Certificate } from 'node:crypto'
import { z } from 'zod'
import { attributeName, type Field } from '../fields/catalogue'
import { nearest } from '../fields/names'
import { asciiDomain } from '../fields/normalise'
import { isLoopbackHost } from '../strategies/http'
import type { Protocol, Source, SourceConfig } from './config'

const httpUrl = z.string().refine(isHttpUrl, 'must be an http(s) URL')
const text = z.string().min(1, 'must not be empty')
const pem = text.refine((value) => value.includes('-----BEGIN'), 'must be in PEM form (-----BEGIN ...)')
const certificate = text.refine(isCertificate, 'must be an X.509 certificate, PEM or base64')
const milliseconds = z.int().min(0)
const texts = z.record(z.string(), z.string())
const selection = z.union([z.literal('all'), z.array(z.string())])

const samlOptions = z
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
    additionalParams: texts.optional(),
    additionalAuthorizeParams: texts.optional(),
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

const oidcOptions = z.strictObject({
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

const sourceConfig = z.strictObject({
  id: z
    .string()
    .regex(
      /^[a-z0-9][a-z0-9_-]{0,63}$/i,
      'must be 1 to 64 letters, digits, - or _, since it is part of addresses',
    ),
  label: text.optional(),
  protocol: z.enum(['saml', 'oidc']),
  enabled: z.boolean().optional(),
  identifiers: z.array(text).min(1, 'name at least one login identifier').optional(),
  provisioning: z.boolean().optional(),
  syncing: z.boolean().optional(),
  fields: z.strictObject({ provision: selection.optional(), sync: selection.optional() }).optional(),
  attributes: z.record(z.string(), text).optional(),
  linking: z.enum(['never', 'verified', 'trusted']).optional(),
  domains: z.array(text.refine((one) => asciiDomain(one) !== undefined, 'must be a domain name')).optional(),
  onAbsent: z.enum(['keep', 'clear']).optional(),
  onEmpty: z.enum(['keep', 'clear']).optional(),
})

const protocolOptions = { saml: samlOptions, oidc: oidcOptions }

/** Options of the wrapped libraries that would undo a check of this one, and what to do instead. */
const refusedOptions: Record<string, string> = {
  validateInResponseTo: 'every answer is checked against the request that it answers; see allowIdpInitiated',
  cacheProvider: 'requests are kept in MongoDB',
  audience: 'the audience is always the SP entity ID; set `issuer`',
  cert: 'this option is called idpCert now',
  path: 'set baseUrl, or callbackUrl',
  nonce: 'a nonce is always sent',
  store: 'state is kept in MongoDB',
}

/** The source with every default filled in, or all that is wrong with it, each naming source, option and remedy. */
export type Validated = { source: Source; problems?: undefined } | { source?: undefined; problems: string[] }

/** Checks one source against the model's fields. */
export function validateSource(config: unknown, fields: readonly Field[], baseUrl: string): Validated {
  const name = nameOf(config)
  const given =
    typeof config === 'object' && config !== null ? (config as SourceConfig) : ({} as SourceConfig)
  const { saml: _saml, oidc: _oidc, ...general } = given
  const parsed = sourceConfig.safeParse(general)
  const problems = [
    ...(parsed.error?.issues ?? []).flatMap((issue) => describeIssue(issue, [], general)),
    ...protocolProblems(given),
    ...(parsed.success ? fieldProblems(withDefaults(general, baseUrl), fields) : []),
  ]
  if (problems.length > 0) return { problems: problems.map((problem) => `${name}: ${problem}`) }
  return { source: withDefaults(given, baseUrl) }
}

function nameOf(config: unknown): string {
  const id = (config as { id?: unknown } | null | undefined)?.id
  return typeof id === 'string' ? `source '${id}'` : 'a source without an id'
}

function withDefaults(config: SourceConfig, baseUrl: string): Source {
  const address = `${baseUrl}/${config.id}`
  const { saml, oidc, ...rest } = config
  return deepFreeze({
    label: config.id,
    enabled: true,
    identifiers: ['email'],
    provisioning: false,
    syncing: false,
    linking: 'verified',
    onAbsent: 'keep',
    onEmpty: 'clear',
    ...withoutUndefined(rest),
    fields: { provision: config.fields?.provision ?? 'all', sync: config.fields?.sync ?? 'all' },
    attributes: { ...config.attributes },
    domains: (config.domains ?? []).map((domain) => asciiDomain(domain)!),
    ...(saml && {
      saml: { issuer: `${address}/metadata`, callbackUrl: `${address}/callback`, ...withoutUndefined(saml) },
    }),
    ...(oidc && {
      oidc: {
        callbackURL: `${address}/callback`,
        ...withoutUndefined(oidc),
        scope: completeScope(oidc.scope),
      },
    }),
  } as Source)
}

/** `openid` makes it an OpenID Connect request (Core 3.1.2.1), so it is always there, first and once. */
function completeScope(scope: string | string[] = 'profile email'): string {
  const asked = Array.isArray(scope) ? scope : scope.split(/\s+/)
  return [...new Set(['openid', ...asked.filter((one) => one !== '')])].join(' ')
}

function withoutUndefined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}

function deepFreeze<T extends object>(value: T): T {
  for (const one of Object.values(value)) {
    if (typeof one === 'object' && one !== null && !Buffer.isBuffer(one)) deepFreeze(one as object)
  }
  return Object.freeze(value)
}

function protocolProblems(config: SourceConfig): string[] {
  const { protocol, oidc } = config
  if (!Object.hasOwn(protocolOptions, protocol)) return []
  const other = protocol === 'saml' ? 'oidc' : 'saml'
  const strange = config[other]
    ? [`${other}: this source's protocol is ${protocol}; remove these options`]
    : []
  const options = config[protocol]
  if (!options) return [...strange, `${protocol}: missing; a source of this protocol needs these options`]
  const { error } = protocolOptions[protocol].safeParse(options)
  if (error)
    return [...strange, ...error.issues.flatMap((issue) => describeIssue(issue, [protocol], options))]
  const insecure =
    protocol === 'oidc' && !isHttps(oidc!.issuer) && !isLoopbackHost(new URL(oidc!.issuer).hostname)
  const remedy = 'oidc.issuer: must be https (http is for an issuer on loopback, in development)'
  return insecure ? [...strange, remedy] : strange
}

function fieldProblems(source: Source, fields: readonly Field[]): string[] {
  const paths = fields.map(({ path }) => path)
  const unknown = (
    option: string,
    used: 'all' | readonly string[],
    among = paths,
    what = 'field',
  ): string[] =>
    (used === 'all' ? [] : used)
      .filter((path) => !among.includes(path))
      .map((path) => {
        const meant = nearest(path, among)
        return `${option}: there is no ${what} '${path}'${meant ? `; did you mean '${meant}'?` : ` (there are ${among.join(', ')})`}`
      })
  const identifiers = fields.filter(({ identifier }) => identifier).map(({ path }) => path)
  return [
    ...unknown('identifiers', source.identifiers, identifiers, 'login identifier'),
    ...unknown('fields.provision', source.fields.provision),
    ...unknown('fields.sync', source.fields.sync),
    ...unknown('attributes', Object.keys(source.attributes)),
    ...sharedNames(source, fields),
  ]
}

function sharedNames(source: Source, fields: readonly Field[]): string[] {
  const paths = new Map<string, string[]>()
  for (const field of fields) {
    const name = attributeName(source, field)
    paths.set(name, [...(paths.get(name) ?? []), field.path])
  }
  return [...paths]
    .filter(([, sharing]) => sharing.length > 1)
    .map(
      ([name, sharing]) =>
        `attributes: ${sharing.join(' and ')} have one attribute name, '${name}'; give one of them another`,
    )
}

/** `within` is where in the source `options` stand. */
function describeIssue(issue: z.core.$ZodIssue, within: Protocol[], options: object): string[] {
  const where = [...within, ...issue.path].join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const option = where ? `${where}.${key}` : key
      if (Object.hasOwn(refusedOptions, key)) return `${option}: cannot be set; ${refusedOptions[key]}`
      const meant = nearest(key, optionNames(where))
      return `${option}: there is no such option${meant ? `; did you mean '${meant}'?` : ''}`
    })
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  if (given === undefined) return [`${where}: missing`]
  const remedy =
    issue.code === 'invalid_value'
      ? `must be one of ${issue.values.map(String).join(', ')}`
      : lowerFirst(innermost(issue).message)
  return [`${where}: ${remedy} (got ${shapeOf(given)})`]
}

/** Of a value that fits none of several forms, what is wrong with it in the form that it comes nearest to. */
function innermost(issue: z.core.$ZodIssue): { message: string } {
  if (issue.code !== 'invalid_union') return issue
  return issue.errors.flat().find(({ code }) => code === 'custom' || code === 'too_small') ?? issue
}

function optionNames(where: string): string[] {
  const shapes: Record<string, object> = {
    '': sourceConfig.shape,
    saml: samlOptions.shape,
    oidc: oidcOptions.shape,
  }
  return Object.keys(shapes[where] ?? { provision: 1, sync: 1 })
}

/** What was given, without giving it away. */
function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `an array of ${value.length}`
  if (typeof value === 'string') return `a string of ${value.length} characters`
  return value === null ? 'null' : `a value of type ${typeof value}`
}

function lowerFirst(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1)
}

function isHttpUrl(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol)
}

function isHttps(url: string): boolean {
  return new URL(url).protocol === 'https:'
}

function isCertificate(value: string): boolean {
  try {
    const bare = !value.includes('-----BEGIN')
    return Boolean(new X509Certificate(bare ? Buffer.from(value, 'base64') : value))
  } catch {
    return false
  }
}
