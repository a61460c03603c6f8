import { type Person, profileOf, type TestIdp } from '../helpers/idps'
import { defaults } from '../helpers/saml-idp'

type User = Record<string, unknown>

/** Each kind of sign-in: its commands about users, and who is stored before it. */
const kinds = {
  provisioned: { commands: 'find find insert', user: () => undefined },
  linked: {
    commands: 'find find update',
    user: ({ email }: Person) => ({ email, custom: { note: 'mine' } }),
  },
  synced: {
    commands: 'find update',
    user: (person: Person, idp: TestIdp) => known({ ...person, title: 'Before' }, idp, new Date()),
  },
  unchanged: { commands: 'find', user: (person: Person, idp: TestIdp) => known(person, idp, new Date()) },
  touched: {
    commands: 'find update',
    user: (person: Person, idp: TestIdp) => known(person, idp, new Date(Date.now() - 86_400_000)),
  },
} satisfies Record<string, { commands: string; user: (person: Person, idp: TestIdp) => User | undefined }>

export type Kind = keyof typeof kinds
export const allKinds = Object.keys(kinds) as Kind[]

/** One sign-in, and what it may leave behind. */
export interface SignInCase {
  commands: string
  /** To be stored before it, if anybody. */
  user: User | undefined
  /** The shapes of the users with that e-mail address before and after it: there is nothing between them. */
  before: unknown[]
  after: unknown[]
}

export function caseOf(kind: Kind, person: Person, idp: TestIdp): SignInCase {
  const { commands } = kinds[kind]
  const user: User | undefined = kinds[kind].user(person, idp)
  const { custom, ...whole } = known(person, idp, new Date())
  const after = { ...whole, custom: { ...(custom as object), note: user && 'mine' } }
  return { commands, user, before: user ? [shapeOf(user)] : [], after: [shapeOf(after)] }
}

function known(person: Person, { issuer, protocol: source }: TestIdp, lastLoginAt: Date): User {
  const { custom, ...standard } = profileOf(person)
  const identity = {
    ...{ source, issuer, subject: person.subject, linkedAt: lastLoginAt, lastLoginAt },
    ...(source === 'saml' && { format: defaults.nameIdFormat }),
  }
  return { ...standard, custom: { ...(custom as object), note: 'mine' }, identities: [identity] }
}

/** A user as far as a sign-in may be half done: the profile, the app's own field, the identities. */
export function shapeOf({ email, firstName, lastName, title, custom, identities = [] }: User): unknown {
  const { costCenter, skills, remote, note } = (custom ?? {}) as User
  const linked = (identities as User[]).map(({ source, issuer, subject }) => ({ source, issuer, subject }))
  return { email, firstName, lastName, title, custom: { costCenter, skills, remote, note }, linked }
}
