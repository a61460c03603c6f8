import { types } from 'node:util'
import { JitError } from '../errors'

/** Names of the driver's and Mongoose's errors for a database that can't be reached. */
const unreachable =
  /^(Mongo(Network|NetworkTimeout|ServerSelection|NotConnected|TopologyClosed|ServerClosed|ClientClosed|PoolCleared|PoolClosed|WaitQueueTimeout|OperationTimeout|ExpiredSession)Error|MongooseServerSelectionError|DisconnectedError|PoolClearedOnNetworkError)$/

/** Node's codes for a broken connection. The driver passes these errors on if its socket fails during a write. */
const brokenConnection = new Set<unknown>([
  ...['EPIPE', 'ECONNRESET', 'ECONNREFUSED', 'ETIMEDOUT', 'ERR_STREAM_DESTROYED'],
  ...['EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'],
])

/** Messages of errors that have no class in Mongoose. */
const notConnected = /buffering timed out|before initial connection|Connection was force closed/

/**
 * Codes of a server that can't serve the command now: another server can't be reached (6, 7, 89, 9001), there is no
 * primary (10058, 10107, 13435, 13436, 189, 133), it is shutting down or changing roles (91, 11600, 11602), a time
 * limit was exceeded (50, 262, 11601), the write or read has no majority yet (64, 134).
 */
const unavailable = new Set<unknown>([
  ...[6, 7, 50, 64, 89, 91, 133, 134, 189, 262],
  ...[9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436],
])

/** Labels of errors after which the same command may succeed later, or that failed to connect. */
const temporaryLabels = ['RetryableWriteError', 'RetryableError', 'SystemOverloadedError', 'HandshakeError']

/** The error for the app: JitError `database_unavailable`, status 503, if the database is down; else the same error. */
export function namedFault(error: unknown, source?: string): unknown {
  if (!isDatabaseFault(error)) return error
  return new JitError('database_unavailable', 'The database cannot be reached.', { source, cause: error })
}

/** Whether the database is down, as opposed to refusing one command. */
export function isDatabaseFault(error: unknown): error is Error {
  // In another realm, such as Jest's, Node's errors are not instances of the global Error.
  if (!types.isNativeError(error)) return false
  const { name, message } = error
  const { code, errorLabels } = error as { code?: unknown; errorLabels?: unknown }
  return (
    unreachable.test(name) ||
    brokenConnection.has(code) ||
    (name === 'MongooseError' && notConnected.test(message)) ||
    (name.startsWith('Mongo') && unavailable.has(code)) ||
    (Array.isArray(errorLabels) && temporaryLabels.some((label) => errorLabels.includes(label)))
  )
}
