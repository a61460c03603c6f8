import type { Doc } from '../bson/document'
import { MAX_MESSAGE } from '../wire'
import type { Command, Context } from './command'

const hello = ({ name, connectionId }: Context): Doc => ({
  helloOk: true,
  [name === 'hello' ? 'isWritablePrimary' : 'ismaster']: true,
  maxBsonObjectSize: 16 * 1024 * 1024,
  maxMessageSizeBytes: MAX_MESSAGE,
  maxWriteBatchSize: 100_000,
  localTime: new Date(),
  logicalSessionTimeoutMinutes: 30,
  connectionId,
  minWireVersion: 0,
  maxWireVersion: 21,
  readOnly: false,
})

const handshake: Command = {
  // A driver may ask for compression, or for a hello that waits for changes. The reply offers neither.
  options: [
    ...['helloOk', 'client', 'compression', 'loadBalanced'],
    ...['topologyVersion', 'maxAwaitTimeMS', 'backpressure'],
  ],
  run: hello,
}
const buildInfo: Command = {
  options: [],
  run: () => ({
    version: '7.0.0',
    versionArray: [7, 0, 0, 0],
    gitVersion: 'dev-mongo',
    modules: [],
    bits: 64,
    debug: false,
    maxBsonObjectSize: 16 * 1024 * 1024,
  }),
}
const acknowledge: Command = { options: [], run: () => ({}) }

/** The handshake, sessions, and questions about the server itself. */
export const commands: Record<string, Command> = {
  hello: handshake,
  isMaster: handshake,
  ismaster: handshake,
  buildInfo,
  buildinfo: buildInfo,
  ping: acknowledge,
  endSessions: acknowledge,
  refreshSessions: acknowledge,
  connectionStatus: {
    options: ['showPrivileges'],
    run: () => ({ authInfo: { authenticatedUsers: [], authenticatedUserRoles: [] } }),
  },
}
