import { randomBytes } from 'node:crypto'

/** Why a sign-in was refused. Every refusal writes nothing. */
export type RefusalCode =
  | 'unknown_source'
  | 'source_disabled'
  | 'invalid_assertion'
  | 'identifier_missing'
  | 'ambiguous_user'
  | 'linking_refused'
  | 'domain_refused'
  | 'provisioning_disabled'
  | 'required_field_missing'
  | 'user_inactive'
  | 'replayed'
  | 'provider_refused'

/** What else can go wrong: nobody was refused, something does not work. */
export type FaultCode = 'invalid_configuration' | 'provider_unavailable' | 'database_unavailable'

/** The HTTP status that answers each code; 403 where nothing is said. */
const statusOf: Partial<Record<RefusalCode | FaultCode, number>> = {
  unknown_source: 404,
  invalid_configuration: 500,
  provider_unavailable: 503,
  database_unavailable: 503,
}

/** Names and counts that explain an error. Never an attribute's value, an assertion, a token or a secret. */
export interface ErrorDetails {
  /** The protocol check that failed, with `invalid_assertion` (`signature`, `audience`, `nonce`, ...). */
  check?: string
  /** Attribute names that would have been accepted. */
  expected?: string[]
  /** Attribute names that arrived. */
  received?: string[]
  /** Model paths concerned. */
  paths?: string[]
  /** Every problem of a configuration, with `invalid_configuration`. */
  problems?: string[]
  /** The error code that the provider itself sent, with `provider_refused`. */
  provider?: string
}

export interface JitErrorOptions {
  source?: string
  details?: ErrorDetails
  /** HTTP status, where it is not the code's own. */
  status?: number
  cause?: unknown
}

/**
 * Every error that this library makes. `code` is stable; `status` is the HTTP status that fits;
 * `message` is a sentence for the app's log and may be shown to the person, since it holds no values.
 */
export class JitError extends Error {
  override readonly name = 'JitError'
  readonly code: RefusalCode | FaultCode
  readonly status: number
  readonly source: string | undefined
  readonly details: ErrorDetails
  /** What a person can give to their admin, to find this very error. */
  readonly reference = randomBytes(5).toString('hex')

  constructor(code: RefusalCode | FaultCode, message: string, options: JitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? statusOf[code] ?? 403
    this.source = options.source
    this.details = options.details ?? {}
  }

  /** True where a person was refused, false where something is broken: Passport's `fail` and `error`. */
  get refused(): boolean {
    return !faultCodes.has(this.code)
  }
}

const faultCodes = new Set<string>([
  'invalid_configuration',
  'provider_unavailable',
  'database_unavailable',
] satisfies FaultCode[])
