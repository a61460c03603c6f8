import { JitError } from '../../errors'
import { EditRefusal } from '../../stored-sources/admin-source'

/** A request that the admin area refuses for a reason other than the sources. */
export class AdminRefusal extends Error {
  override readonly name = 'AdminRefusal'

  constructor(
    readonly status: number,
    readonly title: string,
    message: string,
  ) {
    super(message)
  }
}

/** What pages and API tell of an error. */
type ErrorDescription = Pick<AdminRefusal, 'status' | 'title' | 'message'>

/** Describes an error; undefined for an error that isn't this library's own, and must not be shown. */
export function describeError(error: unknown): ErrorDescription | undefined {
  if (error instanceof AdminRefusal) return error
  if (error instanceof EditRefusal) {
    return { status: error.status, title: titles[error.reason], message: error.message }
  }
  if (error instanceof JitError) {
    const title = error.code === 'unknown_source' ? 'No such source' : 'Something went wrong'
    return { status: error.status, title, message: error.message }
  }
  return describeParserError(error)
}

const titles: Record<EditRefusal['reason'], string> = {
  invalid: 'The source is not valid',
  stale: 'This source has changed',
  exists: 'This id is taken',
  read_only: 'This source is read-only',
  linked_users: 'People are linked to this source',
  no_database: 'Sources cannot be added here',
}

/** Describes the error of Express or a body parser about a request that cannot be read. */
function describeParserError(error: unknown): ErrorDescription | undefined {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  const isParserError = error instanceof URIError || (error instanceof Error && typeof type === 'string')
  if (!isParserError || typeof status !== 'number' || status < 400 || status > 499) return undefined
  return status === 413
    ? { status, title: 'Too large', message: 'The request is too large.' }
    : { status, title: 'Not readable', message: 'The request can’t be read.' }
}
