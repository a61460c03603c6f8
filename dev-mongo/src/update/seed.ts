import { clone, type Doc, own } from '../bson/document'
import { typeOf } from '../bson/types'
import { isCondition } from '../query/prepare'
import { applyUpdate } from './apply'

/** The document that an upsert starts from: the equalities of its filter. */
export function seedOf(filter: Doc): Doc {
  const $set: Doc = {}
  collect(filter)
  return applyUpdate({}, { change: { $set }, filter: {}, arrayFilters: [] })

  function collect(conditions: Doc): void {
    for (const [key, value] of Object.entries(conditions)) {
      if (key === '$and' || (key === '$or' && (value as Doc[]).length === 1))
        (value as Doc[]).forEach(collect)
      else if (key.startsWith('$') || typeOf(value).name === 'regex') continue
      else if (!isCondition(value)) $set[key] = clone(value)
      else if (own(value, '$eq') !== undefined) $set[key] = clone(value.$eq)
      else if (Array.isArray(value.$in) && value.$in.length === 1) $set[key] = clone(value.$in[0] as unknown)
    }
  }
}
