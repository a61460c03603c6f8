import { randomBytes } from 'node:crypto'

/** Why a sign-in was refused. Every refusal writes nothing. */
export type RefusalCode =
  | 'unknown_source'
  | 'source_disabled'
  | 'invalid_assertion'
  | 'identifier_missing'
  | 'ambiguous_user'
  | 'linking_refused'
  | 'identity_taken'
  | 'domain_refused'
  | 'provisioning_disabled'
  | 'required_field_missing'
  | 'user_inactive'
  | 'organization_mismatch'
  | 'app_refused'
  | 'replayed'
  | 'provider_refused'

/** Why something does not work; nobody was refused. */
export type FaultCode = 'invalid_configuration' | 'provider_unavailable' | 'database_unavailable'

/** The HTTP status of each code; 403 for the others. */
const statusOf: Partial<Record<RefusalCode | FaultCode, number>> = {
  unknown_source: 404,
  invalid_configuration: 500,
  provider_unavailable: 503,
  database_unavailable: 503,
}

/** Names that explain an error. Never an attribute's value, an assertion, a token or a secret. */
export interface ErrorDetails {
  /** The protocol check that failed, with `invalid_assertion` (`signature`, `audience`, `nonce`, ...). */
  check?: string
  /** The algorithm that is not accepted, with the checks `algorithm` and `encryption`. */
  algorithm?: string
  /** The expected attribute names. */
  expected?: string[]
  /** The received attribute names. */
  received?: string[]
  /** Model paths concerned. */
  paths?: string[]
  /** Every problem of a configuration, with `invalid_configuration`. */
  problems?: string[]
  /** The provider's own error code, such as `access_denied`. */
  provider?: string
  /** Why a request to the provider failed: `the connection was refused`. */
  reason?: string
  /**
   * The provider's description of that code (`error_description`), for an admin: at most 500 characters, without
   * control characters. It may name a person.
   */
  description?: string
}

export interface JitErrorOptions {
  source?: string
  details?: ErrorDetails
  /** The HTTP status, if it is not the code's. */
  status?: number
  cause?: unknown
}

/**
 * Every error of this library. `code` is stable; `status` is the HTTP status to answer with; `message` is a sentence for
 * the app's log, and may be shown to the person, since it contains no values.
 */
export class JitError extends Error {
  override readonly name = 'JitError'
  readonly code: RefusalCode | FaultCode
  readonly status: number
  readonly source: string | undefined
  readonly details: ErrorDetails
  /** The source's organization. Absent where it has none, and on an error that no source reported. */
  declare organization?: string
  /** The path of this origin that the person wanted to open. Undefined without a pending sign-in. */
  returnTo: string | undefined
  /** A reference that a person can give to their admin, who finds this error by it. */
  readonly reference = randomBytes(5).toString('hex')

  constructor(code: RefusalCode | FaultCode, message: string, options: JitErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.status = options.status ?? statusOf[code] ?? 403
    this.source = options.source
    this.details = options.details ?? {}
  }

  /** True if a person was refused (Passport's `fail`), false if something does not work (its `error`). */
  get refused(): boolean {
    return !faultCodes.has(this.code)
  }
}

const faultCodes = new Set<string>([
  'invalid_configuration',
  'provider_unavailable',
  'database_unavailable',
] satisfies FaultCode[])
