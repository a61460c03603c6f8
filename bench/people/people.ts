import type { Collection } from 'mongodb'
import type { BenchField, Person } from './fields'

/** What an identity provider says of a person: by attribute name, as JSON has it. */
export function claimsOf(
  fields: BenchField[],
  protocol: 'saml' | 'oidc',
  person: Person,
  version: number,
): Record<string, string | number | boolean | string[]> {
  return Object.fromEntries(
    fields.map(({ attribute, value }) => {
      const stored = value(person, version)
      return [attribute[protocol], stored instanceof Date ? stored.toISOString() : stored]
    }),
  )
}

/** The NameID, or `sub`. */
export function subjectOf({ realm, number }: Person): string {
  return `subject-${number}-at-${realm}`
}

interface Crowd {
  fields: BenchField[]
  realm: string
  from: number
  count: number
  issuer: string
  /** When they last signed in through passport-jit. Default: never. */
  lastLoginAt?: Date
}

const BATCH = 2_000

/** Stores people as they are before their profile has ever changed. */
export async function store(users: Collection, crowd: Crowd): Promise<void> {
  const writers = 4
  let next = crowd.from
  const end = crowd.from + crowd.count
  const write = async (): Promise<void> => {
    while (next < end) {
      const first = next
      next = Math.min(end, next + BATCH)
      const documents = Array.from({ length: next - first }, (_, i) => storedUser(crowd, first + i))
      await users.insertMany(documents, { ordered: false })
    }
  }
  await Promise.all(Array.from({ length: writers }, write))
}

function storedUser({ fields, realm, issuer, lastLoginAt }: Crowd, number: number): Record<string, unknown> {
  const person = { realm, number }
  const user: Record<string, unknown> = {}
  const custom: Record<string, unknown> = {}
  for (const { path, value } of fields) {
    const name = path.replace(/^custom\./, '')
    if (name === path) user[path] = value(person, 0)
    else custom[name] = value(person, 0)
  }
  if (!lastLoginAt) return { ...user, custom, __v: 0 }
  const identity = { source: realm, issuer, subject: subjectOf(person), linkedAt: lastLoginAt, lastLoginAt }
  return { ...user, custom, identities: [identity], __v: 0 }
}
