import type { Binary, BSONRegExp, Timestamp } from 'bson'
import { isDoc, tagOf } from './document'

/** Prints a value as mongod does in its messages. */
export function show(value: unknown): string {
  if (typeof value === 'string') return `"${value}"`
  if (Array.isArray(value)) return value.length ? `[ ${value.map(show).join(', ')} ]` : '[]'
  if (isDoc(value)) {
    const fields = Object.entries(value).map(([key, item]) => `${key}: ${show(item)}`)
    return fields.length ? `{ ${fields.join(', ')} }` : '{}'
  }
  if (value instanceof Date) return `new Date(${value.getTime()})`
  switch (tagOf(value)) {
    case 'ObjectId':
      return `ObjectId('${String(value)}')`
    case 'Double':
      return `${Number(value).toFixed(1)}`
    case 'Binary':
      return `BinData(${(value as Binary).sub_type}, ${(value as Binary).toString('hex').toUpperCase()})`
    case 'Timestamp':
      return `Timestamp(${(value as Timestamp).t}, ${(value as Timestamp).i})`
    case 'BSONRegExp':
      return `/${(value as BSONRegExp).pattern}/${(value as BSONRegExp).options}`
    default:
      return String(value)
  }
}
