import { types } from 'node:util'
import { JitError } from '../errors'

/** The driver's and Mongoose's names for "there is no talking to the database". */
const unreachable =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|ServerClosed|ClientClosed|PoolCleared|PoolClosed|WaitQueueTimeout|OperationTimeout|ExpiredSession)Error|MongooseServerSelectionError|DisconnectedError|PoolClearedOnNetworkError)$/

/** Node's codes of a broken connection: where its socket fails as it writes, the driver passes the error on as it is. */
const broken = new Set<unknown>([
  ...['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
])

/** For what Mongoose has no class of its own. */
const notConnected = /buffering timed out|before initial connection|Connection was force closed/

/**
 * What a server answers that cannot serve just now: another one cannot be reached (6, 7, 89, 9001), there is no
 * primary (10058, 10107, 13435, 13436, 189, 133), it is shutting down or changing roles (91, 11600, 11602),
 * the time was up (50, 262, 11601), the write or read has no majority yet (64, 134).
 */
const unable = new Set<unknown>([
  ...[6, 7, 50, 64, 89, 91, 133, 134, 189, 262],
  ...[9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436],
])

/** By which server and driver say that the same command may succeed later, or that no connection came about. */
const temporary = ['RetryableWriteError', 'RetryableError', 'SystemOverloadedError', 'HandshakeError']

/** An error as it reaches the app: a database that is down is JitError `database_unavailable`, status 503. */
export function namedFault(error: unknown, source?: string): unknown {
  if (!isDatabaseFault(error)) return error
  return new JitError('database_unavailable', 'The database cannot be reached.', { source, cause: error })
}

/** True where the database does not serve, whatever it is asked. */
export function isDatabaseFault(error: unknown): error is Error {
  // Node's own errors are no instances of the Error of another realm, such as Jest's.
  if (!types.isNativeError(error)) return false
  const { name, message } = error
  const { code, errorLabels } = error as { code?: unknown; errorLabels?: unknown }
  return (
    unreachable.test(name) ||
    broken.has(code) ||
    (name === 'MongooseError' && notConnected.test(message)) ||
    (name.startsWith('Mongo') && unable.has(code)) ||
    (Array.isArray(errorLabels) && temporary.some((label) => errorLabels.includes(label)))
  )
}
