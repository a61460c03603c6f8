import type { HydratedDocument } from 'mongoose'
import { plain } from '../fields/cast'
import type { Field } from '../fields/catalogue'
import { normalise } from '../fields/normalise'
import { caseBlindCollation, type Identity, type UserModel } from '../fields/plugin'
import type { Source } from '../sources/config'
import type { ArrivedAssertion } from './arrived'

/** A user of the app, as Mongoose hands it out. */
export type UserDocument = HydratedDocument<{ identities: Identity[] }>

/** An existing user as plain data. */
export interface UserView {
  active: boolean
  identities: readonly Identity[]
  /** The stored value of each field, by path. */
  values: ReadonlyMap<string, unknown>
  /** Paths of the enabled identifiers by which this user was found; empty when found by identity. */
  matchedBy: readonly string[]
}

/** Who the assertion may be about: the owner of its identity, or all that its identifiers match. */
export interface Candidates {
  byIdentity: boolean
  users: readonly UserView[]
}

/** The candidates, and the first one's document. */
export interface Found {
  candidates: Candidates
  document: UserDocument | undefined
}

/** Where users are looked up, and how. */
export interface UserStore {
  model: UserModel
  fields: readonly Field[]
  isActive: (user: UserDocument) => boolean | Promise<boolean>
}

/**
 * Looks up the owner of the identity, and only when it is unknown, everybody whom an enabled identifier
 * matches: one database command for a returning user, two otherwise. Both are served by an index.
 */
export async function findCandidates(
  store: UserStore,
  source: Source,
  arrived: ArrivedAssertion,
): Promise<Found> {
  const owner = await findByIdentity(store, source, arrived)
  const found = owner ? [{ document: owner, matchedBy: [] }] : await findByIdentifiers(store, source, arrived)
  const users = await Promise.all(
    found.map(async ({ document, matchedBy }) => ({
      active: await store.isActive(document),
      identities: document.identities.map((one) => ({ ...toObject(one) })),
      values: new Map(store.fields.map(({ path }) => [path, stored(document, path)])),
      matchedBy,
    })),
  )
  return { candidates: { byIdentity: owner !== null, users }, document: found[0]?.document }
}

function toObject(identity: Identity): Identity {
  const document = identity as Identity & { toObject?: () => Identity }
  return document.toObject?.() ?? identity
}

/** A field as it is stored: what the schema's getters would make of it is for the app's own eyes. */
function stored(document: UserDocument, path: string): unknown {
  return plain(document.get(path, null, { getters: false }))
}

async function findByIdentity(
  store: UserStore,
  source: Source,
  { issuer, subject }: ArrivedAssertion,
): Promise<UserDocument | null> {
  if (subject === null) return null
  // The equality on the subject alone is what some engines need to use the index on all three.
  return (await store.model
    .findOne({
      'identities.subject': subject,
      identities: { $elemMatch: { source: source.id, issuer, subject } },
    })
    .select(hiddenPaths(store.fields))
    .read('primary')) as UserDocument | null
}

async function findByIdentifiers(
  store: UserStore,
  source: Source,
  arrived: ArrivedAssertion,
): Promise<{ document: UserDocument; matchedBy: string[] }[]> {
  const wanted = store.fields.flatMap((field) => {
    const one = arrived.fields.get(field.path)
    return source.identifiers.includes(field.path) && one?.state === 'value'
      ? [{ field, value: one.value }]
      : []
  })
  if (wanted.length === 0) return []
  const documents = (await store.model
    .find({ $or: wanted.map(({ field, value }) => ({ [field.path]: value })) })
    .select(hiddenPaths(store.fields))
    .collation(caseBlindCollation)
    .read('primary')) as UserDocument[]
  return documents
    .map((document) => ({
      document,
      matchedBy: wanted
        .filter(({ field, value }) => isSame(field, stored(document, field.path), value))
        .map(({ field }) => field.path),
    }))
    .filter(({ matchedBy }) => matchedBy.length > 0)
}

/** The collation takes more for equal than this library does (ß and ss), and knows no field that is exact. */
function isSame(field: Field, stored: unknown, value: unknown): boolean {
  if (stored === value) return true
  return (
    field.caseBlind &&
    typeof stored === 'string' &&
    typeof value === 'string' &&
    normalise(stored) === normalise(value)
  )
}

/** Fields that the schema keeps out of queries have to be asked for, or they would seem to be missing. */
function hiddenPaths(fields: readonly Field[]): string {
  return fields
    .filter(({ schemaType }) => (schemaType.options as { select?: boolean }).select === false)
    .map(({ path }) => `+${path}`)
    .join(' ')
}

/** Whether another user holds a value that one user alone may have. */
export async function isHeldByAnother(
  store: UserStore,
  field: Field,
  value: unknown,
  self: UserDocument | undefined,
): Promise<boolean> {
  const query = store.model
    .find({ [field.path]: value })
    .select(`+${field.path}`)
    .read('primary')
  const documents = (await (field.caseBlind ? query.collation(caseBlindCollation) : query)) as UserDocument[]
  return documents.some((one) => !one._id.equals(self?._id) && isSame(field, stored(one, field.path), value))
}
