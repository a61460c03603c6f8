import { JitError } from './errors'

/** The driver's and Mongoose's names for "there is no talking to the database". */
const unreachable =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClosed|WaitQueueTimeout|OperationTimeout)Error|MongooseServerSelectionError|DisconnectedError|PoolClearedOnNetworkError)$/

/** The server's own: there is no primary, or it is shutting down. */
const failover = new Set<unknown>([91, 189, 10058, 10107, 11600, 11602, 13435, 13436])

/** An error as it reaches the app: a database that is down is JitError `database_unavailable`, status 503. */
export function namedFault(error: unknown, source?: string): unknown {
  if (!(error instanceof Error) || error instanceof JitError) return error
  const buffered = error.name === 'MongooseError' && error.message.includes('buffering timed out')
  const failing = error.name.startsWith('Mongo') && failover.has((error as { code?: unknown }).code)
  if (!buffered && !failing && !unreachable.test(error.name)) return error
  return new JitError('database_unavailable', 'The database cannot be reached.', { source, cause: error })
}
