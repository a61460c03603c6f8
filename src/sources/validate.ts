import type { z } from 'zod'
import { attributeName, type Field } from '../fields/catalog'
import { didYouMean } from '../fields/near-miss'
import { asciiDomain } from '../fields/normalize'
import { isLoopbackHost } from '../outgoing/reach'
import { secretOptions } from '../stored-sources/admin-source'
import type { OidcOptions, Protocol, Source, SourceConfig } from './config'
import { generalOptions, oidcOptions, refusedOptions, samlOptions } from './options'
import { holdsPrivateKey } from './secret-text'

/** One thing that is wrong with a source. */
export interface SourceProblem {
  /** The option's place in SourceConfig: `saml.entryPoint`, `domains.0`. */
  option: string
  /** What is wrong and what to do; never the value itself. */
  message: string
}

/** The source with every default filled in, or all that is wrong with it. */
export type Validated =
  { source: Source; problems?: undefined } | { source?: undefined; problems: SourceProblem[] }

/** Checks one source against the model's fields. The app's own object is neither kept nor changed. */
export function validateSource(config: unknown, fields: readonly Field[], baseUrl: string): Validated {
  const given = typeof config === 'object' && config !== null ? config : {}
  const { saml, oidc, ...rest } = given as { saml?: unknown; oidc?: unknown }
  const general = generalOptions.safeParse(rest)
  const protocol = checkProtocol((rest as { protocol?: unknown }).protocol, { saml, oidc })
  const misplaced = misplacedKeys(given)
  const others = [
    ...(general.error?.issues ?? []).flatMap((issue) => describeIssue(issue, [], rest)),
    ...protocol.problems,
    ...(protocol.options
      ? fieldProblems(general.data ?? soundOptions(rest, general.error.issues), fields)
      : []),
  ]
  const problems = [
    ...misplaced,
    ...others.filter(({ option }) => !misplaced.some((one) => one.option === option)),
  ]
  if (problems.length > 0 || !general.success) return { problems }
  return { source: withDefaults({ ...general.data, ...protocol.options }, baseUrl) }
}

/** What can be checked against the model's fields though something else is wrong: the options without an issue. */
function soundOptions(rest: object, issues: readonly z.core.$ZodIssue[] = []): SourceConfig {
  const wrong = issues.map(({ path }) => path[0])
  return Object.fromEntries(Object.entries(rest).filter(([option]) => !wrong.includes(option))) as never
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
    attributes: config.attributes ?? {},
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

interface CheckedProtocol {
  options?: Pick<SourceConfig, 'saml' | 'oidc'>
  problems: SourceProblem[]
}

function checkProtocol(protocol: unknown, given: Record<Protocol, unknown>): CheckedProtocol {
  if (protocol !== 'saml' && protocol !== 'oidc') return { problems: [] }
  const other = protocol === 'saml' ? 'oidc' : 'saml'
  const problems = given[other]
    ? [{ option: other, message: `this source's protocol is ${protocol}; remove these options` }]
    : []
  const options = given[protocol]
  if (typeof options !== 'object' || options === null) {
    const message = 'missing; a source of this protocol needs these options'
    return { problems: [...problems, { option: protocol, message }] }
  }
  const { data, error } = (protocol === 'saml' ? samlOptions : oidcOptions).safeParse(options)
  const wrong = (error?.issues ?? []).flatMap((issue) => describeIssue(issue, [protocol], options))
  const insecure = protocol === 'oidc' && data ? insecureIssuer((data as OidcOptions).issuer) : []
  return { options: { [protocol]: data }, problems: [...problems, ...wrong, ...insecure] }
}

/** Only secret options are encrypted; a certificate is often kept in one file with its key. */
function misplacedKeys(value: unknown, place: string[] = []): SourceProblem[] {
  const option = place.join('.')
  if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    return Object.entries(value).flatMap(([key, one]) => misplacedKeys(one, [...place, key]))
  }
  if (!holdsPrivateKey(value) || secretOptions.some((secret) => secret === option)) return []
  return [{ option, message: 'holds a private key, which does not belong here; give it without the key' }]
}

function insecureIssuer(issuer: string): SourceProblem[] {
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' || isLoopbackHost(hostname)) return []
  const message = 'must be https (http is for an issuer on loopback, in development)'
  return [{ option: 'oidc.issuer', message }]
}

function fieldProblems(config: SourceConfig, fields: readonly Field[]): SourceProblem[] {
  const { protocol, identifiers = ['email'], attributes = {} } = config
  const { provision = 'all', sync = 'all' } = config.fields ?? {}
  const paths = fields.map(({ path }) => path)
  const candidates = fields.filter(({ identifier }) => identifier).map(({ path }) => path)
  return [
    ...unknownNames('identifiers', identifiers, candidates, 'login identifier'),
    ...unknownNames('fields.provision', provision === 'all' ? [] : provision, paths, 'field'),
    ...unknownNames('fields.sync', sync === 'all' ? [] : sync, paths, 'field'),
    ...unknownNames('attributes', Object.keys(attributes), paths, 'field'),
    ...sharedNames({ protocol, attributes }, fields),
  ]
}

function unknownNames(
  option: string,
  used: readonly string[],
  known: string[],
  what: string,
): SourceProblem[] {
  return used
    .filter((path) => !known.includes(path))
    .map((path) => {
      const remedy = didYouMean(path, known, ` (there are ${known.join(', ')})`)
      const name = /^[\w.$-]{1,64}$/.test(path) ? `'${path}'` : 'of this name'
      return { option, message: `there is no ${what} ${name}${remedy}` }
    })
}

function sharedNames(
  source: Pick<Source, 'protocol' | 'attributes'>,
  fields: readonly Field[],
): SourceProblem[] {
  const paths = new Map<string, string[]>()
  for (const field of fields) {
    const name = attributeName(source, field)
    paths.set(name, [...(paths.get(name) ?? []), field.path])
  }
  return [...paths]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([name, sharing]) => ({
      option: 'attributes',
      message: `${sharing.join(' and ')} have one attribute name, '${name}'; give one of them another`,
    }))
}

/** `within` is where in the source `options` stand. */
function describeIssue(issue: z.core.$ZodIssue, within: Protocol[], options: object): SourceProblem[] {
  const place = [...within, ...issue.path]
  const option = place.join('.')
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      option: [...place, key].join('.'),
      message: describeUnknown(key, optionNames(option)),
    }))
  }
  const given = issue.path.reduce<unknown>(
    (value, key) => (value as Record<PropertyKey, unknown> | undefined)?.[key],
    options,
  )
  if (given === undefined) return [{ option, message: 'missing' }]
  return [{ option, message: `${remedyFor(issue)} (got ${shapeOf(given)})` }]
}

function remedyFor(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') return `must be one of ${issue.values.map(String).join(', ')}`
  if (issue.code === 'invalid_type') return `must be of type ${issue.expected}`
  return lowerFirst(innermost(issue).message)
}

function describeUnknown(key: string, known: string[]): string {
  if (Object.hasOwn(refusedOptions, key)) return `cannot be set; ${refusedOptions[key]}`
  return `there is no such option${didYouMean(key, known)}`
}

/** Of a value that fits none of several forms, what is wrong with it in the form that it comes nearest to. */
function innermost(issue: z.core.$ZodIssue): { message: string } {
  if (issue.code !== 'invalid_union') return issue
  return issue.errors.flat().find(({ code }) => code === 'custom' || code === 'too_small') ?? issue
}

function optionNames(place: string): string[] {
  const shapes: Record<string, object> = {
    '': { ...generalOptions.shape, saml: 1, oidc: 1 },
    fields: { provision: 1, sync: 1 },
    saml: samlOptions.shape,
    oidc: oidcOptions.shape,
  }
  return Object.keys(shapes[place] ?? {})
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
