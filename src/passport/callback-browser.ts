import type { Request } from 'express'
import { JitError } from '../errors'
import type { PendingSignIn, PendingSignIns } from '../sessions/pending-sign-ins'
import { isConnectRequest } from '../sessions/request-id'
import type { Source } from '../sources/config'
import type { Browser, Message } from './protocol'

/** The browser that brought an answer to a callback. */
export class CallbackBrowser implements Browser {
  #taken: PendingSignIn | undefined
  #answer: Message

  constructor(
    private readonly pendingSignIns: PendingSignIns,
    private readonly callback: { req: Request; source: Source; message: Message },
  ) {
    this.#answer = callback.message
  }

  async take(requestId: string): Promise<PendingSignIn | undefined> {
    const { req, source } = this.callback
    this.#answer = { ...this.#answer, requestId }
    return (this.#taken = await this.pendingSignIns.take(req, source.id, this.#answer))
  }

  isFirstUse(assertionId: string, expiresAt: Date): Promise<boolean> {
    return this.pendingSignIns.isFirstUse(this.callback.source.id, assertionId, expiresAt)
  }

  /** Whether the answer connects an identity to the user who is signed in. */
  get connects(): boolean {
    return isConnectRequest(this.#taken?.id)
  }

  /** Where the sign-in that the answer took was to go. */
  get returnTo(): string | undefined {
    return this.#taken?.returnTo
  }

  /**
   * Call it where the answer did not sign anybody in. A refused answer may have finished its sign-in before: resolves to
   * that sign-in. What the answer took only now is forgotten, so that it counts as finished by nothing. Never rejects:
   * the error matters more than a fault here.
   */
  async failed(error: unknown): Promise<PendingSignIn | undefined> {
    const { req, source } = this.callback
    const isRefusal = error instanceof JitError && error.refused
    try {
      // After a fault, nobody knows whether it was taken.
      if (!this.#taken && isRefusal) {
        return await this.pendingSignIns.finishedBy(req, source.id, this.#answer)
      }
      await this.pendingSignIns.forget(this.#answer)
    } catch {
      // As if nothing had been finished.
    }
    return undefined
  }
}
