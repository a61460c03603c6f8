import type { Identity } from '../fields/identity'
import type { Remembered } from '../fields/reference-memory'
import type { Source } from '../sources/config'
import { findHolders, holds } from './identifier-holders'
import { isIdentityOf, type ReceivedAssertion } from './received-fields'
import {
  findUsers,
  organizationsOf,
  rememberedReferences,
  storedValue,
  type UserDocument,
  type UserStore,
} from './user-store'

/** An existing user as plain data. */
export interface UserView {
  active: boolean
  identities: readonly Identity[]
  /** The stored value of each field, by path. */
  values: ReadonlyMap<string, unknown>
  /** What is remembered about each field that refers to another user, by path. */
  references: ReadonlyMap<string, Remembered>
  /** Paths of the source's login identifiers that match this user; empty if found by identity. */
  matchedBy: readonly string[]
  /** The organizations that the user belongs to. */
  organizations: readonly string[]
}

/** The users that the assertion may be about: the owner of its identity, or everyone its identifiers match. */
export interface Candidates {
  byIdentity: boolean
  /**
   * Set if the identity is being connected to the signed-in user, the only candidate. `taken`: another user owns the
   * identity.
   */
  connecting?: 'free' | 'taken'
  users: readonly UserView[]
  /** The identity's owner belongs to another organization than the source, so their data isn't available here. */
  isForeign?: true
}

export interface UserLookup {
  candidates: Candidates
  /** The first candidate's document. */
  document: UserDocument | undefined
  /** Paths of received identifiers that another user holds; undefined if the look-up did not need to check. */
  taken: ReadonlySet<string> | undefined
}

/** `paths`: the login identifiers that match. */
type Match = { document: UserDocument; paths: string[] }

/**
 * Looks up the owner of the identity and, if it is unknown, everyone that an identifier matches: one
 * database command for a returning user, two otherwise. An index serves both.
 */
export async function findCandidates(
  store: UserStore,
  source: Source,
  received: ReceivedAssertion,
): Promise<UserLookup> {
  const isOwner = (user: UserDocument): boolean =>
    user.identities.some((identity) => isIdentityOf(identity, source, received))
  const returning = (await findByIdentity(store, source, received)).find(isOwner)
  if (returning) return ownerFound(store, source, returning)
  const holders = await findByIdentifiers(store, received)
  // Another process may have created or linked the user since the identity was looked up.
  const owner = holders.find(({ document }) => isOwner(document))
  if (owner) return ownerFound(store, source, owner.document)
  const matches = holders
    .map(({ document, paths }) => ({
      document,
      paths: paths.filter((path) => source.identifiers.includes(path)),
    }))
    .filter(({ paths }) => paths.length > 0)
  const document = matches[0]?.document
  const others = holders.filter((holder) => holder.document !== document)
  return {
    candidates: { byIdentity: false, users: await Promise.all(matches.map((match) => view(store, match))) },
    document,
    taken: new Set(others.flatMap(({ paths }) => paths)),
  }
}

export async function ownerFound(
  store: UserStore,
  source: Source,
  document: UserDocument,
): Promise<UserLookup> {
  if (isForeign(store, source, document)) return foreignFound(true)
  const user = await view(store, { document, paths: [] })
  return { candidates: { byIdentity: true, users: [user] }, document, taken: undefined }
}

/** A user of another organization, whose data is never shown. */
export function foreignFound(byIdentity: boolean): UserLookup {
  return { candidates: { byIdentity, users: [], isForeign: true }, document: undefined, taken: undefined }
}

/** Whether a user belongs to one organization, and the source to another or to none. */
function isForeign({ organization }: UserStore, source: Source, user: UserDocument): boolean {
  if (!organization || organization.isList) return false
  const [own] = organizationsOf(user, organization)
  return own !== undefined && own !== source.organization
}

export async function accountFound(
  store: UserStore,
  document: UserDocument,
  isTaken: boolean,
): Promise<UserLookup> {
  const users = [await view(store, { document, paths: [] })]
  const connecting = isTaken ? 'taken' : 'free'
  return { candidates: { byIdentity: false, connecting, users }, document, taken: undefined }
}

async function view(store: UserStore, { document, paths }: Match): Promise<UserView> {
  return {
    active: await store.isActive(document),
    identities: document.identities.map((identity: Identity & { toObject?: () => Identity }) => ({
      ...(identity.toObject?.() ?? identity),
    })),
    values: new Map(store.fields.map(({ path }) => [path, storedValue(document, path)])),
    references: rememberedReferences(store, document),
    matchedBy: paths,
    organizations: store.organization ? organizationsOf(document, store.organization) : [],
  }
}

/** Users who may own the identity: an app's collation or setter may treat more subjects as equal. */
export async function findByIdentity(
  store: UserStore,
  source: Source,
  { issuer, subject }: ReceivedAssertion,
): Promise<UserDocument[]> {
  if (subject === null) return []
  // In any organization: an identity has one owner.
  // Some engines use the index on all three only with this equality on the subject alone.
  return findUsers(
    { ...store, scope: undefined },
    {
      'identities.subject': subject,
      identities: { $elemMatch: { source: source.id, issuer, subject } },
    },
  )
}

/** Everyone who holds a received identifier, whether or not the source uses it. */
async function findByIdentifiers(store: UserStore, received: ReceivedAssertion): Promise<Match[]> {
  const identifiers = store.fields.flatMap((field) => {
    const entry = received.fields.get(field.path)
    return field.identifier && entry?.state === 'value' ? [{ field, value: entry.value }] : []
  })
  if (identifiers.length === 0) return []
  const documents = await findHolders(store, identifiers)
  return documents
    .map((document) => ({
      document,
      paths: identifiers.filter((identifier) => holds(document, identifier)).map(({ field }) => field.path),
    }))
    .filter(({ paths }) => paths.length > 0)
}
