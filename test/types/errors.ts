// The compiler distinguishes codes, and every documented code exists.
import {
  type Change,
  type FaultCode,
  JitError,
  type LoginPlan,
  type NoticeCode,
  type Outcome,
  type RefusalCode,
} from 'passport-jit'
import { exactly } from './exactly.js'

export const refusals = [
  'unknown_source',
  'source_disabled',
  'invalid_assertion',
  'identifier_missing',
  'ambiguous_user',
  'linking_refused',
  'domain_refused',
  'provisioning_disabled',
  'required_field_missing',
  'user_inactive',
  'replayed',
  'provider_refused',
] satisfies RefusalCode[]
export const faults = [
  'invalid_configuration',
  'provider_unavailable',
  'database_unavailable',
] satisfies FaultCode[]
export const notices = [
  'attribute_missing',
  'invalid_value',
  'conflict',
  'multiple_values',
  'near_miss',
  'not_cleared',
] satisfies NoticeCode[]
export const outcomes = ['provisioned', 'linked', 'synced', 'unchanged'] satisfies Outcome[]

export function explain(error: unknown): string {
  if (!(error instanceof JitError)) throw error
  exactly<RefusalCode | FaultCode>()(error.code, true)
  exactly<number>()(error.status, true)
  exactly<string | undefined>()(error.source, true)
  // @ts-expect-error -- there is no such code
  if (error.code === 'not_found') return 'nobody'
  // @ts-expect-error -- what an error says stays as it is
  error.code = 'replayed'
  return `${error.message}: ${error.details.expected?.join()} ${error.details.problems?.length}`
}

export function foresee({ outcome, refusal, changes }: LoginPlan): Change[] {
  exactly<Outcome | 'refused'>()(outcome, true)
  if (refusal) exactly<RefusalCode>()(refusal.code, true)
  return changes
}
