import type { JitError } from './errors'
import type { LoginResult } from './login/result'

/** What a Jit tells its listeners, and with what. */
export interface JitEvents<User> {
  /** Somebody has signed in. */
  login: [result: LoginResult<User>, source: string]
  /**
   * Sessions that a source's sign-ins began have ended: at `POST /logout`, or at the wish of the provider. `sessions`
   * are their ids in the session store, for what else hangs on a session: a WebSocket, a cache.
   */
  logout: [ended: { source: string; sessions: string[] }]
  /** Somebody was refused, and nothing was written. */
  refused: [error: JitError]
  /** Something is broken: the database, a provider, a listener. Never fatal, listener or not. */
  error: [error: Error]
}

/**
 * Listeners by event. Unlike Node's emitter it waits for what listeners promise, so that what one of them
 * stores is there when the browser asks for the next page; and no listener can break a sign-in.
 */
export class Listeners<User> {
  readonly #listeners: { [E in keyof JitEvents<User>]: ((...args: JitEvents<User>[E]) => unknown)[] } = {
    login: [],
    logout: [],
    refused: [],
    error: [],
  }

  add<E extends keyof JitEvents<User>>(event: E, listener: (...args: JitEvents<User>[E]) => unknown): void {
    if (!Object.hasOwn(this.#listeners, event)) throw new TypeError(`There is no event '${String(event)}'`)
    this.#listeners[event].push(listener)
  }

  async tell<E extends keyof JitEvents<User>>(event: E, ...args: JitEvents<User>[E]): Promise<void> {
    for (const listener of this.#listeners[event]) {
      try {
        await listener(...args)
      } catch (error) {
        if (event !== 'error') await this.tell('error', asError(error))
      }
    }
  }
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('A listener failed', { cause: reason })
}
