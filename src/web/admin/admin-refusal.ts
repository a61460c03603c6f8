import { JitError } from '../../errors'
import { EditRefusal } from '../../stored-sources/admin-source'

/** Why the admin area does not do what was asked, where that is no matter of the sources themselves. */
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

/** Every error as pages and API tell it: a status, a title, a sentence. Undefined for what is not ours to tell. */
export function explained(error: unknown): { status: number; title: string; message: string } | undefined {
  if (error instanceof AdminRefusal) return error
  if (error instanceof EditRefusal) {
    return { status: error.status, title: titles[error.reason], message: error.message }
  }
  if (error instanceof JitError) {
    const title = error.code === 'unknown_source' ? 'No such source' : 'That did not work'
    return { status: error.status, title, message: error.message }
  }
  return explainedRequest(error)
}

const titles: Record<EditRefusal['reason'], string> = {
  invalid: 'The source is not valid',
  stale: 'Somebody else was faster',
  exists: 'This id is taken',
  read_only: 'This source is read-only',
  linked_users: 'People are linked to this source',
  no_database: 'Sources cannot be added here',
}

/** What Express and its body parsers refuse: a request that cannot be read. */
function explainedRequest(error: unknown): { status: number; title: string; message: string } | undefined {
  const { type, status } = (error ?? {}) as { type?: unknown; status?: unknown }
  const isTheirs = error instanceof URIError || (error instanceof Error && typeof type === 'string')
  if (!isTheirs || typeof status !== 'number' || status < 400 || status > 499) return undefined
  return status === 413
    ? { status, title: 'Too large', message: 'What was sent is too large.' }
    : { status, title: 'Not readable', message: 'What was sent cannot be read.' }
}
