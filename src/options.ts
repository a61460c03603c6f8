import type { ActivityOptions } from './activity/options'
import { didYouMean } from './fields/near-miss'
import type { UserModel } from './fields/plugin'
import { JitError } from './errors'
import type { SourceConfig } from './sources/config'
import type { MongoSources } from './stored-sources/mongo-sources'
import { type SamlLimits, samlLimitProblems } from './saml/limits'
import type { PassportInstance } from './web/router'

/** The document type of a Mongoose model. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type UserOf<M> = M extends abstract new (...args: any) => infer User ? User : never

export interface JitOptions<M extends UserModel = UserModel> {
  /** The app's user model; its schema uses the jitUser plugin. */
  userModel: M
  /** The public address where `router()` is mounted: `https://app.example.com/sso`. */
  baseUrl: string
  /** In code, in the order in which they are shown; and at most one `mongoSources()`, shown after those. */
  sources: (SourceConfig | MongoSources)[]
  /** Whether a user may sign in. Default: unless `user.active` is false. */
  isActive?: (user: UserOf<M>) => boolean | Promise<boolean>
  /**
   * For each field's path, ids of sources: where several of a user's sources sync the field, the first of them that is
   * named here decides, and the others leave it as it is. Default: the last sign-in wins.
   */
  authority?: Record<string, readonly string[]>
  /** Default: the shared instance that `require('passport')` gives. */
  passport?: PassportInstance
  /**
   * What is remembered of sign-ins, for the admin area. Default: kept for 90 days without values, once
   * `adminRouter()` has been called; an object keeps it in any case, false never.
   */
  activity?: ActivityOptions | false
  /** How large the messages of SAML sources may be. Each has a default. */
  samlLimits?: Partial<SamlLimits>
}

const optionNames = [
  ...['userModel', 'baseUrl', 'sources', 'isActive', 'authority', 'passport', 'activity'],
  'samlLimits',
]

/** Throws JitError `invalid_configuration` with every problem. */
export function checkOptions(options: JitOptions): void {
  const { userModel, baseUrl, sources, isActive, passport } = (options ?? {}) as Partial<JitOptions>
  const problems = [
    ...unknownOptions(options ?? {}, optionNames),
    ...(userModel?.schema ? [] : ['userModel: must be the Mongoose model of your users']),
    ...(isBaseUrl(baseUrl)
      ? []
      : ['baseUrl: must be the public http(s) address of the router, such as https://app.example.com/sso']),
    ...(Array.isArray(sources) ? [] : ['sources: must be an array']),
    ...(isActive === undefined || typeof isActive === 'function' ? [] : ['isActive: must be a function']),
    ...(passport === undefined || 'authenticate' in passport
      ? []
      : ['passport: must be a Passport instance']),
    ...samlLimitProblems(options?.samlLimits),
  ]
  refuseProblems('createJit:', problems)
}

/** Throws JitError `invalid_configuration` for options of `name` that do not exist. */
export function checkNames(name: string, options: object, known: readonly string[]): void {
  refuseProblems(`${name}:`, unknownOptions(options, known))
}

function unknownOptions(options: object, known: readonly string[]): string[] {
  const unknown = Object.keys(options).filter((name) => !known.includes(name))
  return unknown.map((name) => `${name}: there is no such option${didYouMean(name, known)}`)
}

/** Throws JitError `invalid_configuration` with every problem, unless there is none. */
export function refuseProblems(title: string, problems: string[]): void {
  if (problems.length === 0) return
  throw new JitError('invalid_configuration', [title, ...problems].join('\n- '), { details: { problems } })
}

function isBaseUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false
  const { protocol, search, hash, username } = new URL(value)
  return ['http:', 'https:'].includes(protocol) && search === '' && hash === '' && username === ''
}
