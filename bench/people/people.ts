import type { Collection } from 'mongodb'
import type { BenchField, Person, Profile } from './fields'

/** The claims or attributes that an identity provider sends about a person, by name. */
export function claimsOf(
  fields: BenchField[],
  protocol: 'saml' | 'oidc',
  { version, ...person }: Profile,
): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    fields.map(({ attribute, value }) => {
      const stored = value(person, version)
      return [attribute[protocol], stored instanceof Date ? stored.toISOString() : stored]
    }),
  )
}

/** The NameID, or `sub`. */
export function subjectOf({ sourceId, number }: Person): string {
  return `subject-${number}-at-${sourceId}`
}

interface Crowd {
  fields: BenchField[]
  sourceId: string
  issuer: string
  count: number
  /** When they last signed in through passport-jit. Default: never. */
  lastLoginAt?: Date
}

const BATCH = 2_000

/** Stores people numbered from 0, with unchanged profiles. */
export async function store(users: Collection, crowd: Crowd): Promise<void> {
  for (let from = 0; from < crowd.count; from += BATCH) {
    const length = Math.min(BATCH, crowd.count - from)
    await users.insertMany(
      Array.from({ length }, (_, i) => storedUser(crowd, from + i)),
      { ordered: false },
    )
  }
}

function storedUser(
  { fields, sourceId, issuer, lastLoginAt }: Crowd,
  number: number,
): Record<string, unknown> {
  const person = { sourceId, number }
  const user: Record<string, unknown> = {}
  const custom: Record<string, unknown> = {}
  for (const { path, value } of fields) {
    const name = path.replace(/^custom\./, '')
    if (name === path) user[path] = value(person, 0)
    else custom[name] = value(person, 0)
  }
  if (!lastLoginAt) return { ...user, custom, __v: 0 }
  const linkedAt = lastLoginAt
  const identity = { source: sourceId, issuer, subject: subjectOf(person), linkedAt, lastLoginAt }
  return { ...user, custom, identities: [identity], __v: 0 }
}
