import type { Request } from 'express'
import { JitError } from '../errors'
import type { Assertion } from '../login/assertion'
import type { Explanation } from '../login/explanation'
import type { LoginResult } from '../login/result'
import type { PendingSignIns } from '../sessions/pending-sign-ins'
import type { SignedInSessions } from '../sessions/signed-in-sessions'
import type { Source } from '../sources/config'
import type { JitHandle } from './jit-strategy'
import type { Protocols } from './protocol'

/** What a strategy uses of the Jit that it belongs to. */
export interface SignInHost {
  readonly protocols: Protocols
  readonly pendingSignIns: PendingSignIns
  readonly sessions: SignedInSessions
  /** The source, switched on or off. Throws JitError `unknown_source` or `invalid_configuration`. */
  source: (id: string) => Source
  /** Also throws JitError `source_disabled`. */
  enabledSource: (id: string) => Source
  /** `account`: the id of the user whom the identity is connected to. */
  login: (id: string, assertion: Assertion, account?: string) => Promise<LoginResult>
  /** Sends a page of this origin that posts the request's form again. */
  postAgain: (req: Request) => void
  explain: (id: string, assertion: Assertion) => Promise<Explanation>
  /** Tells the app's listeners of an error, once; resolves to the error. */
  report: (error: unknown) => Promise<unknown>
}

const hosts = new WeakMap<object, SignInHost>()

export function registerHost(jit: JitHandle, host: SignInHost): void {
  hosts.set(jit, host)
}

/** Throws JitError `invalid_configuration` for anything but what `createJit` returned. */
export function hostOf(jit: JitHandle): SignInHost {
  const host = hosts.get(jit)
  if (host) return host
  const message = 'A strategy needs what createJit returned as its first argument.'
  throw new JitError('invalid_configuration', message)
}
