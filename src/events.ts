import type { JitError } from './errors'
import type { LoginResult } from './login/result'

/** The events of a Jit, and their listeners' arguments. */
export interface JitEvents<User> {
  /** A person signed in. */
  login: [result: LoginResult<User>, source: string]
  /**
   * Sessions that began with a source's sign-ins were ended by `POST /logout` or by the provider. `sessions` are their
   * ids in the session store, for everything else that depends on a session, such as a WebSocket or a cache.
   */
  logout: [ended: { source: string; organization?: string; sessions: string[] }]
  /** A sign-in was refused, and nothing was written. */
  refused: [error: JitError]
  /** The database, a provider or a listener failed. Never fatal, with or without a listener. */
  error: [error: Error]
}
