import { isInt32, tagOf } from './document'

/** A BSON type: its name and number in `$type`, and its place in the sort order. */
export interface BsonType {
  name: string
  number: number
  order: number
}

const TYPES = {
  minKey: { name: 'minKey', number: -1, order: -1 },
  undefined: { name: 'undefined', number: 6, order: 0 },
  null: { name: 'null', number: 10, order: 5 },
  double: { name: 'double', number: 1, order: 10 },
  int: { name: 'int', number: 16, order: 10 },
  long: { name: 'long', number: 18, order: 10 },
  decimal: { name: 'decimal', number: 19, order: 10 },
  string: { name: 'string', number: 2, order: 15 },
  symbol: { name: 'symbol', number: 14, order: 15 },
  object: { name: 'object', number: 3, order: 20 },
  array: { name: 'array', number: 4, order: 25 },
  binData: { name: 'binData', number: 5, order: 30 },
  objectId: { name: 'objectId', number: 7, order: 35 },
  bool: { name: 'bool', number: 8, order: 40 },
  date: { name: 'date', number: 9, order: 45 },
  timestamp: { name: 'timestamp', number: 17, order: 47 },
  regex: { name: 'regex', number: 11, order: 50 },
  javascript: { name: 'javascript', number: 13, order: 60 },
  maxKey: { name: 'maxKey', number: 127, order: 127 },
} satisfies Record<string, BsonType>

const TYPE_BY_TAG: Record<string, BsonType> = {
  MinKey: TYPES.minKey,
  Double: TYPES.double,
  Int32: TYPES.int,
  Long: TYPES.long,
  Decimal128: TYPES.decimal,
  BSONSymbol: TYPES.symbol,
  Binary: TYPES.binData,
  ObjectId: TYPES.objectId,
  Timestamp: TYPES.timestamp,
  BSONRegExp: TYPES.regex,
  Code: TYPES.javascript,
  MaxKey: TYPES.maxKey,
}

/** The BSON type of a value. */
export function typeOf(value: unknown): BsonType {
  if (typeof value === 'string') return TYPES.string
  if (typeof value === 'number') return isInt32(value) ? TYPES.int : TYPES.double
  if (typeof value === 'boolean') return TYPES.bool
  if (value === undefined) return TYPES.undefined
  if (value === null) return TYPES.null
  if (Array.isArray(value)) return TYPES.array
  if (value instanceof Date) return TYPES.date
  return TYPE_BY_TAG[tagOf(value) ?? ''] ?? TYPES.object
}

/** Whether a value is a number of any BSON type. */
export function isNumeric(value: unknown): boolean {
  return typeOf(value).order === TYPES.double.order
}

/** Compiles the operand of `$type`. Returns undefined if no type has this name or number. */
export function typeTest(alias: unknown): ((value: unknown) => boolean) | undefined {
  if (alias === 'number') return isNumeric
  const type = Object.values(TYPES).find(({ name, number }) => alias === name || alias === number)
  return type && type !== TYPES.undefined ? (value) => typeOf(value) === type : undefined
}
