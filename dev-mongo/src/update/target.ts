import type { Collation } from '../bson/collation'
import { type Doc, isDoc, own } from '../bson/document'
import { show } from '../bson/show'
import { CommandError } from '../errors'
import { isIndex } from '../query/paths'

/** A path in a document that an update operator changes. Its `$` and `$[...]` are already places in arrays. */
export interface Target {
  doc: Doc
  path: string
  collation?: Collation
}

/** Changes the value at the target. */
export type UpdateOperator = (target: Target, operand: unknown) => void

/** Where a path leads. */
interface Place {
  parent: Doc | unknown[]
  key: string
  value: unknown
}

const MAX_PADDING = 1_500_000

/** Finds the place of the target; undefined if a document on the way is missing. */
export function findPlace({ doc, path }: Target): Place | undefined {
  let place = rootOf(doc)
  for (const key of path.split('.')) {
    if (!canHold(place.value, key)) return undefined
    place = placeIn(place.value, key)
  }
  return place
}

/** Finds the place of the target. Creates missing documents on the way. */
export function makePlace({ doc, path }: Target): Place {
  let place = rootOf(doc)
  for (const key of path.split('.')) {
    if (place.value === undefined) store(place, (place.value = {}))
    if (!canHold(place.value, key)) {
      const element = `{${place.key}: ${show(place.value)}}`
      throw new CommandError(28, `Cannot create field '${key}' in element ${element}`)
    }
    place = placeIn(place.value, key)
  }
  return place
}

function rootOf(doc: Doc): Place {
  return { parent: {}, key: '', value: doc }
}

function canHold(value: unknown, key: string): value is Doc | unknown[] {
  return Array.isArray(value) ? isIndex(key) : isDoc(value)
}

function placeIn(parent: Doc | unknown[], key: string): Place {
  return { parent, key, value: own(parent, key) }
}

/** Puts a value at a place. */
export function store({ parent, key }: Place, value: unknown): void {
  if (!Array.isArray(parent)) {
    parent[key] = value
    return
  }
  if (Number(key) - parent.length > MAX_PADDING)
    throw new CommandError(2, `can't backfill more than ${MAX_PADDING} elements`)
  while (parent.length < Number(key)) parent.push(null)
  parent[Number(key)] = value
}

/** Puts a value at the target. */
export function put(target: Target, value: unknown): void {
  store(makePlace(target), value)
}

/** Removes the value at the target. An element of an array becomes null. */
export function take(target: Target): void {
  const place = findPlace(target)
  if (!place || place.value === undefined) return
  if (Array.isArray(place.parent)) place.parent[Number(place.key)] = null
  else delete place.parent[place.key]
}
