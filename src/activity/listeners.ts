import type { JitEvents } from '../events'

/**
 * Listeners by event. Unlike Node's emitter, it waits for the listeners' promises, so that the browser's next page
 * sees what a listener stores; and no listener can break a sign-in.
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
        const fault = error instanceof Error ? error : new Error('A listener failed', { cause: error })
        if (event !== 'error') await this.tell('error', fault)
      }
    }
  }
}
