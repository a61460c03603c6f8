import { CastRefusal } from '../fields/cast'
import type { Field } from '../fields/catalog'
import type { UserModel } from '../fields/plugin'
import { adminSettableProblem, castSet, settableField, settableProblem } from '../fields/settable'
import { isObject } from './merge-patch'
import type { SourceProblem } from './option-problems'
import type { Validate } from './registry'

/** What `set` may name. `settable`: the paths beside the fields that admins may set; undefined for sources in code. */
interface SetRules {
  fields: readonly Field[]
  userModel: UserModel
  settable?: readonly string[]
}

/** A check of sources that also checks the values that a source sets against the user model. */
export function withSetProblems(validate: Validate, rules: SetRules): Validate {
  return (config) => {
    const validated = validate(config)
    const { set } = (config ?? {}) as { set?: unknown }
    const problems = isObject(set) ? setProblems(set, rules) : []
    return problems.length === 0 ? validated : { problems: [...(validated.problems ?? []), ...problems] }
  }
}

function setProblems(set: Record<string, unknown>, rules: SetRules): SourceProblem[] {
  return Object.entries(set).flatMap(([path, value]) => {
    const message = pathProblem(path, rules) ?? valueProblem(path, value, rules)
    return message === undefined ? [] : [{ option: `set.${path}`, message }]
  })
}

function pathProblem(path: string, { userModel, fields, settable }: SetRules): string | undefined {
  const problem = settableProblem(userModel.schema, path)
  return problem ?? (settable && adminSettableProblem(path, fields, settable))
}

function valueProblem(path: string, value: unknown, { userModel, fields }: SetRules): string | undefined {
  try {
    castSet(settableField(userModel.schema, fields, path), value, () => new userModel())
    return undefined
  } catch (error) {
    if (error instanceof CastRefusal) return error.message
    throw error
  }
}
