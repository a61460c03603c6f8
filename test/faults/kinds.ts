import { type Person, profileOf, type TestIdp } from '../helpers/idps'
import { defaults } from '../helpers/saml-idp'

type User = Record<string, unknown>

/** Each kind of sign-in: its commands on users, and the user stored before it. */
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

/** One sign-in, and the allowed states after it. */
export interface SignInCase {
  commands: string
  /** The user stored before it, if any. */
  user: User | undefined
  /** The shapes of the users with that email before and after it. No other state is allowed. */
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

/** The parts of a user that a sign-in could leave half done: the profile, the app's field, the identities. */
export function shapeOf({ email, firstName, lastName, title, custom, identities = [] }: User): unknown {
  const { costCenter, skills, remote, note } = (custom ?? {}) as User
  const linked = (identities as User[]).map(({ source, issuer, subject }) => ({ source, issuer, subject }))
  return { email, firstName, lastName, title, custom: { costCenter, skills, remote, note }, linked }
}
