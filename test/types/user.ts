// Everything that returns a user has the type of the app's user.
import { type HydratedDocument, model, type Model, Schema } from 'mongoose'
import {
  type Change,
  createJit,
  type Jit,
  type JitError,
  jitUser,
  type LoginResult,
  type UserOf,
} from 'passport-jit'
import { exactly } from './exactly.js'

const schema = new Schema({ email: { type: String, required: true }, title: String, active: Boolean })
schema.plugin(jitUser, { fields: { email: true, title: true } })
const User = model('User', schema)
type User = InstanceType<typeof User>

const jit = createJit({
  userModel: User,
  baseUrl: 'https://app.example/sso',
  sources: [],
  isActive: (user) => {
    exactly<User>()(user, true)
    // @ts-expect-error -- the schema has no such path
    return user.enabled
  },
})

export async function signIn(): Promise<void> {
  exactly<Jit<User>>()(jit, true)
  const result = await jit.login('okta', { issuer: 'https://idp.example', subject: 'ann', attributes: {} })
  exactly<LoginResult<User>>()(result, true)
  exactly<User>()(result.user, true)
  exactly<string>()(result.user.email, true)
  // @ts-expect-error -- the schema has no such path
  void result.user.emial
  await result.user.save()
}

export function listen(): void {
  jit
    .on('login', async (result, source) => {
      exactly<LoginResult<User>>()(result, true)
      exactly<string>()(source, true)
      await result.user.save()
    })
    .on('refused', (error) => exactly<JitError>()(error, true))
    .on('error', (error) => exactly<Error>()(error, true))
  // @ts-expect-error -- there is no such event
  jit.on('logins', () => undefined)
}

/** A model with methods. */
interface Person {
  email: string
  active?: boolean
}
interface Methods {
  greeting(): string
}
type PersonModel = Model<Person, object, Methods>
const personSchema = new Schema<Person, PersonModel, Methods>({ email: String, active: Boolean })
const PersonModel = model<Person, PersonModel>('Person', personSchema)

export async function greet(): Promise<string> {
  const people = createJit({
    userModel: PersonModel,
    baseUrl: 'https://app.example/sso',
    sources: [],
    isActive: async (person) => Promise.resolve(person.active ?? true),
  })
  const { user } = await people.login('okta', {
    issuer: 'https://idp.example',
    subject: null,
    attributes: {},
  })
  const person: HydratedDocument<Person, Methods> = user
  const same: UserOf<typeof PersonModel> = user
  return person.greeting() + same.email
}

/** A model with statics. */
interface MemberModel extends Model<Person, object, Methods> {
  byEmail(email: string): Promise<unknown>
}
const memberSchema = new Schema<Person, MemberModel, Methods>({ email: String, active: Boolean })
memberSchema.plugin(jitUser, { fields: { email: true } })
export const MemberModel = model<Person, MemberModel>('Member', memberSchema)
const inferredSchema = new Schema({ email: String }, { statics: { byEmail: (email: string) => email } })
inferredSchema.plugin(jitUser, { fields: { email: true } })
export const InferredModel = model('Inferred', inferredSchema)

/** An `Express.User` declaration. */
export interface MemberUser extends UserOf<typeof MemberModel> {
  isMember: true
}
export interface InferredUser extends UserOf<typeof InferredModel> {
  isInferred: true
}

export function greetMember(member: MemberUser, inferred: InferredUser): string {
  return member.greeting() + member.email + member.id + inferred.email
}

// @ts-expect-error -- without a model there is no user
createJit({ baseUrl: 'https://app.example/sso', sources: [] })
// @ts-expect-error -- a promise of anything but a boolean says nothing
createJit({ userModel: User, baseUrl: 'https://app.example/sso', sources: [], isActive: async () => 'yes' })

/** A variable can be declared for the result of `createJit`. */
export const any: Jit = jit

/** What the app decides knows the paths of the model. */
const decidingSchema = new Schema({
  email: String,
  groups: [String],
  role: { type: String, enum: ['member', 'admin'] },
  custom: { desk: Number, startDate: Date },
})
const DecidingModel = model('Deciding', decidingSchema)
const base = { baseUrl: 'https://app.example/sso', sources: [] }

createJit({
  ...base,
  userModel: DecidingModel,
  decide: async ({ received, user, source, attributes, outcome, changes }) => {
    exactly<string[] | undefined>()(received.groups, true)
    exactly<number | undefined>()(received['custom.desk'], true)
    exactly<InstanceType<typeof DecidingModel> | null>()(user, true)
    exactly<string>()(source.id, true)
    exactly<unknown>()(attributes['oid'], true)
    exactly<Change[]>()(changes, true)
    // @ts-expect-error -- the model has no such path
    void received.group
    if (outcome === 'provisioned') return { set: { role: 'member', 'custom.startDate': new Date() } }
    return user ? { set: { role: undefined }, reactivate: true } : { refuse: 'No.' }
  },
})
createJit({ ...base, userModel: DecidingModel, decide: () => undefined })
// @ts-expect-error -- the model has no such path
createJit({ ...base, userModel: DecidingModel, decide: () => ({ set: { rol: 'member' } }) })
// @ts-expect-error -- nor a value of this type under it
createJit({ ...base, userModel: DecidingModel, decide: () => ({ set: { 'custom.desk': 'seven' } }) })
// @ts-expect-error -- a refusal has a text
createJit({ ...base, userModel: DecidingModel, decide: () => ({ refuse: true }) })

/** A model without types has no types for its paths. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
declare const untyped: Model<any>
createJit({
  ...base,
  userModel: untyped,
  decide: ({ received, organization }) => {
    exactly<string | undefined>()(organization, true)
    return received.groups?.includes('app-users') ? { set: { anything: 1 } } : { refuse: 'No.' }
  },
})
