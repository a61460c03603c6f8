import { JitError } from './errors'

/** The driver's and Mongoose's names for "there is no talking to the database". */
const unreachable =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|PoolCleared|PoolClosed|WaitQueueTimeout|OperationTimeout)Error|MongooseServerSelectionError|DisconnectedError|PoolClearedOnNetworkError)$/

/** An error as it reaches the app: a database that is down is JitError `database_unavailable`, status 503. */
export function namedFault(error: unknown, source?: string): unknown {
  if (!(error instanceof Error) || error instanceof JitError) return error
  const buffered = error.name === 'MongooseError' && error.message.includes('buffering timed out')
  if (!buffered && !unreachable.test(error.name)) return error
  return new JitError('database_unavailable', 'The database cannot be reached.', { source, cause: error })
}
