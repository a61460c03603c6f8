import { JitError } from '../errors'
import type { Listeners } from './listeners'
import type { Field } from '../fields/catalog'
import type { Assertion } from '../login/assertion'
import type { LoginEngine } from '../login/engine'
import type { Explanation } from '../login/explanation'
import type { LoginPlan, LoginResult } from '../login/result'
import { namedFault } from '../mongo/faults'
import type { SourceRegistry } from '../sources/registry'
import type { Activity } from './activity'
import { signInEntry } from './record'
import type { Reports } from './reports'

interface Parts {
  engine: LoginEngine
  registry: SourceRegistry
  fields: readonly Field[]
  listeners: Listeners<unknown>
  activity: Activity | undefined
  reports: Reports
}

/** The engine by source id. Listeners and activity learn of each sign-in and of each refusal. */
export class SignIns {
  constructor(private readonly parts: Parts) {}

  /**
   * Signs a person in, or connects the identity to the user `account`. If that is refused, it rejects with JitError and
   * writes nothing.
   */
  async login(id: string, assertion: Assertion, account?: string): Promise<LoginResult> {
    const { engine, registry, fields, listeners, activity, reports } = this.parts
    try {
      const result = await engine.login(registry.getEnabled(id), assertion, account)
      activity?.record(signInEntry(id, result, { fields, values: activity.values }))
      await listeners.tell('login', result, id)
      return result
    } catch (error) {
      throw await reports.report(namedFault(error, id))
    }
  }

  /** What `login` would do, refusals included. Writes nothing, and tells nobody. */
  async preview(id: string, assertion: Assertion): Promise<LoginPlan> {
    const { engine, registry } = this.parts
    try {
      return await engine.preview(registry.getEnabled(id), assertion)
    } catch (error) {
      if (!(error instanceof JitError) || !error.refused) throw namedFault(error, id)
      const { code, message, details } = error
      const refusal = { code: code as never, message, details }
      return { outcome: 'refused', changes: [], notices: [], refusal }
    }
  }

  /** What `login` would do and why, values included, also for a source that is off. */
  explain(id: string, assertion: Assertion): Promise<Explanation> {
    const { engine, registry } = this.parts
    return engine.explain(registry.get(id), assertion)
  }
}
