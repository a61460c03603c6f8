import type { Request } from 'express'
import type { PendingSignIn, PendingSignIns } from '../sessions/pending-sign-ins'
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

  /** Where the sign-in that the answer took was to go. */
  get returnTo(): string | undefined {
    return this.#taken?.returnTo
  }

  /**
   * Call it where the answer was refused. Resolves to the sign-in that this very answer has finished before. If the
   * answer took its sign-in only now, nothing was finished, and the sign-in is forgotten. Never rejects: the refusal
   * matters more than a fault here.
   */
  async refused(): Promise<PendingSignIn | undefined> {
    const { req, source } = this.callback
    try {
      if (!this.#taken) return await this.pendingSignIns.finishedBy(req, source.id, this.#answer)
      await this.pendingSignIns.forget(this.#taken)
    } catch {
      // As if nothing had been finished.
    }
    return undefined
  }
}
