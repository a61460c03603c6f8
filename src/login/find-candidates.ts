import type { HydratedDocument, Query } from 'mongoose'
import { plain } from '../fields/cast'
import type { Field } from '../fields/catalog'
import { normalize } from '../fields/normalize'
import { caseBlindCollation, type Identity, type UserModel } from '../fields/plugin'
import { memoryPath, type Remembered } from '../fields/reference-memory'
import type { Source } from '../sources/config'
import { type ReceivedAssertion, isIdentityOf } from './received-fields'

/** A user of the app, as Mongoose hands it out. */
export type UserDocument = HydratedDocument<{ identities: Identity[] }>

/** An existing user as plain data. */
export interface UserView {
  active: boolean
  identities: readonly Identity[]
  /** The stored value of each field, by path. */
  values: ReadonlyMap<string, unknown>
  /** What is remembered of each field that refers to another user, by path. */
  references: ReadonlyMap<string, Remembered>
  /** Paths of the enabled identifiers by which this user was found; empty when found by identity. */
  matchedBy: readonly string[]
}

/** Who the assertion may be about: the owner of its identity, or all that its identifiers match. */
export interface Candidates {
  byIdentity: boolean
  users: readonly UserView[]
}

/** The candidates, the first one's document, and what else the same look-up told. */
export interface Found {
  candidates: Candidates
  document: UserDocument | undefined
  /** Identifiers that the source does not use and that somebody else holds; undefined where nobody looked. */
  taken: ReadonlySet<string> | undefined
}

/** Where users are looked up, and how. */
export interface UserStore {
  model: UserModel
  fields: readonly Field[]
  isActive: (user: UserDocument) => boolean | Promise<boolean>
}

/**
 * Looks up the owner of the identity, and only when it is unknown, everybody whom an identifier matches: one
 * database command for a returning user, two otherwise. Both are served by an index.
 */
export async function findCandidates(
  store: UserStore,
  source: Source,
  arrived: ReceivedAssertion,
): Promise<Found> {
  const returning = await findByIdentity(store, source, arrived)
  if (returning) return found(store, true, [{ document: returning, matchedBy: [] }], undefined)
  const holders = await findByIdentifiers(store, arrived)
  // Another process may have created or linked the user since the identity was looked up.
  const owner = holders.find(({ document }) => isOwner(document, source, arrived))
  if (owner) return found(store, true, [{ document: owner.document, matchedBy: [] }], undefined)
  const matches = holders.map(({ document, paths }) => ({
    document,
    matchedBy: paths.filter((path) => source.identifiers.includes(path)),
  }))
  const users = matches.filter(({ matchedBy }) => matchedBy.length > 0)
  const others = holders.filter(({ document }) => document !== users[0]?.document)
  return found(store, false, users, new Set(others.flatMap(({ paths }) => paths)))
}

async function found(
  store: UserStore,
  byIdentity: boolean,
  matches: { document: UserDocument; matchedBy: string[] }[],
  taken: Found['taken'],
): Promise<Found> {
  const users = await Promise.all(
    matches.map(async ({ document, matchedBy }) => ({
      active: await store.isActive(document),
      identities: document.identities.map((one) => ({ ...toObject(one) })),
      values: new Map(store.fields.map(({ path }) => [path, stored(document, path)])),
      references: referencesOf(store, document),
      matchedBy,
    })),
  )
  return { candidates: { byIdentity, users }, document: matches[0]?.document, taken }
}

/** What a user remembers of the others to whom they refer, by the fields' paths. */
export function referencesOf({ fields }: UserStore, document: UserDocument): Map<string, Remembered> {
  const memories = fields.flatMap((field) => {
    if (!field.ref || !document.get(memoryPath(field))) return []
    const keys = ['by', 'value', 'user', 'pending'].map((key) => [
      key,
      stored(document, `${memoryPath(field)}.${key}`),
    ])
    const memory = Object.fromEntries(
      keys.filter(([, value]) => value !== undefined),
    ) as unknown as Remembered
    return [[field.path, memory] as const]
  })
  return new Map(memories)
}

function toObject(identity: Identity): Identity {
  const document = identity as Identity & { toObject?: () => Identity }
  return document.toObject?.() ?? identity
}

/** A field as it is stored: what the schema's getters would make of it is for the app's own eyes. */
export function stored(document: UserDocument, path: string): unknown {
  return plain(document.get(path, null, { getters: false }))
}

async function findByIdentity(
  store: UserStore,
  source: Source,
  arrived: ReceivedAssertion,
): Promise<UserDocument | null> {
  const { issuer, subject } = arrived
  if (subject === null) return null
  // The equality on the subject alone is what some engines need to use the index on all three.
  const documents = await query(store, {
    'identities.subject': subject,
    identities: { $elemMatch: { source: source.id, issuer, subject } },
  })
  // A collation of the app's own, or a setter, may take more for equal; subjects are compared exactly.
  return documents.find((document) => isOwner(document, source, arrived)) ?? null
}

function isOwner(document: UserDocument, source: Source, arrived: ReceivedAssertion): boolean {
  return document.identities.some((one) => isIdentityOf(one, source, arrived))
}

/** Everybody who holds an identifier that arrived, enabled at this source or not, and which ones. */
async function findByIdentifiers(
  store: UserStore,
  arrived: ReceivedAssertion,
): Promise<{ document: UserDocument; paths: string[] }[]> {
  const wanted = store.fields.flatMap((field) => {
    const one = arrived.fields.get(field.path)
    return field.identifier && one?.state === 'value' ? [{ field, value: one.value }] : []
  })
  if (wanted.length === 0) return []
  const documents = await findHolders(store, wanted)
  return documents
    .map((document) => ({
      document,
      paths: wanted.filter((one) => holds(document, one)).map(({ field }) => field.path),
    }))
    .filter(({ paths }) => paths.length > 0)
}

/** A login identifier and a value of it. */
export interface Named {
  field: Field
  value: unknown
}

/** Everybody who may hold one of these identifiers: the collation takes more for equal than `holds` does. */
export function findHolders(store: UserStore, wanted: readonly Named[]): Promise<UserDocument[]> {
  return query(store, anyOf(wanted)).collation(caseBlindCollation).exec()
}

/** Whether a user has this very identifier. */
export function holds(document: UserDocument, { field, value }: Named): boolean {
  return isSame(field, stored(document, field.path), value)
}

/** Which of these values, each of which one user alone may have, another user holds: the paths. */
export async function findTaken(
  store: UserStore,
  values: readonly Named[],
  self: UserDocument | undefined,
): Promise<string[]> {
  // Only identifiers have an index of the collation.
  const collated = values.filter(({ field }) => field.identifier)
  const exact = values.filter(({ field }) => !field.identifier)
  const documents = [
    ...(collated.length > 0 ? await findHolders(store, collated) : []),
    ...(exact.length > 0 ? await query(store, anyOf(exact)) : []),
  ]
  const others = documents.filter((one) => !one._id.equals(self?._id))
  return values.filter((value) => others.some((one) => holds(one, value))).map(({ field }) => field.path)
}

function anyOf(values: readonly Named[]): { $or: object[] } {
  return { $or: values.map(({ field, value }) => ({ [field.path]: value })) }
}

/** A read of whole users, from the primary: what was written a moment ago is seen. */
export function query(store: UserStore, filter: object): Query<UserDocument[], UserDocument> {
  // The filters are this library's own, and their operators are meant.
  const find = store.model.find(filter) as Query<UserDocument[], UserDocument>
  return find.setOptions({ sanitizeFilter: false }).select(hiddenPaths(store)).read('primary')
}

/** The collation takes more for equal than this library does (ß and ss), and knows no field that is exact. */
function isSame(field: Field, stored: unknown, value: unknown): boolean {
  if (stored === value) return true
  return (
    field.caseBlind &&
    typeof stored === 'string' &&
    typeof value === 'string' &&
    normalize(stored) === normalize(value)
  )
}

/** What the schema keeps out of queries has to be asked for, or it would seem to be missing. */
function hiddenPaths({ model, fields }: UserStore): string {
  const memories = fields.filter(({ ref }) => ref).map(memoryPath)
  const hidden = ['active', 'identities', ...memories, ...fields.map(({ path }) => path)]
    .flatMap(upwards)
    .filter((path) => {
      const schemaType = model.schema.path(path) as { options?: { select?: boolean } } | undefined
      return schemaType?.options?.select === false
    })
  return [...new Set(hidden)].map((path) => `+${path}`).join(' ')
}

/** A path and all that it is below: a sub-document may be hidden as a whole. */
function upwards(path: string): string[] {
  const names = path.split('.')
  return names.map((_, i) => names.slice(0, i + 1).join('.'))
}
