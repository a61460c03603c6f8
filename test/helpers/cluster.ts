import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import mongoose, { type Collection, type Connection, Schema } from 'mongoose'
import { createJit, type EncryptionKey, type Jit, type JitError, jitUser, mongoSources } from '../../src'
import type { Assertion, SourceConfig } from '../../src'
import { internalsOf } from './internals'
import type { EditRefusal } from '../../src/stored-sources/admin-source'
import type { Editor } from '../../src/stored-sources/editor'
import { ann, companyFields, companySchema } from './company'
import { testMongo, type TestMongo } from './mongo'

/** A running instance of an app with sources in the database and, if given, in code. */
export interface Instance {
  jit: Jit
  editor: Editor
  connection: Connection
  User: mongoose.Model<Record<string, unknown>>
  /** The errors that it emitted. */
  errors: JitError[]
}

interface InstanceSetup {
  inCode?: SourceConfig[]
  encryptionKey?: EncryptionKey
  fields?: Partial<typeof companyFields>
}

/** Several instances over one database. */
export interface Cluster {
  mongo: TestMongo
  key: Buffer
  instance(setup?: InstanceSetup): Promise<Instance>
  /** The raw records. */
  stored(): Collection<{ _id: string; [path: string]: unknown }>
  close(): Promise<void>
}

export async function cluster(): Promise<Cluster> {
  const mongo = await testMongo()
  const key = randomBytes(32)
  const instances: Instance[] = []
  const raw = await mongoose.createConnection(mongo.uri).asPromise()
  return {
    mongo,
    key,
    async instance({ inCode = [], encryptionKey = key, fields = companyFields } = {}) {
      const connection = await mongoose
        .createConnection(mongo.uri, { monitorCommands: true, serverSelectionTimeoutMS: 500 })
        .asPromise()
      const schema = new Schema(companySchema).plugin(jitUser, { fields: fields as typeof companyFields })
      const User = connection.model('User', schema) as unknown as Instance['User']
      const sources = [...inCode, mongoSources(connection, { encryptionKey })]
      const jit = createJit({ userModel: User, baseUrl: 'https://app.example/sso', sources })
      const errors: JitError[] = []
      jit.on('error', (error) => void errors.push(error as JitError))
      const made = { jit, editor: internalsOf(jit).editor, connection, User, errors }
      instances.push(made)
      await jit.ready()
      return made
    },
    stored: () => raw.collection('jitSources'),
    async close() {
      for (const { jit, connection } of instances) {
        await jit.close()
        await connection.close()
      }
      await raw.close()
      await mongo.close()
    },
  }
}

/** An OpenID Connect source as an admin enters it. */
export function entered(config: Partial<SourceConfig> = {}): SourceConfig {
  return {
    id: 'acme',
    label: 'Acme',
    protocol: 'oidc',
    provisioning: true,
    syncing: true,
    oidc: { issuer: 'https://idp.example', clientID: 'app', clientSecret: 'hush-hush' },
    ...config,
  }
}

/** Ann, as the provider of this source describes her. */
export function annByClaims(
  attributes: Record<string, unknown> = {},
  rest: Partial<Assertion> = {},
): Assertion {
  return ann({ given_name: 'Ann', family_name: 'Lee', ...attributes }, rest)
}

/** The refusal of an edit. */
export async function refusal(edit: Promise<unknown>): Promise<EditRefusal> {
  return edit.then(
    () => Promise.reject(new Error('was not refused')),
    (error: EditRefusal) => error,
  )
}

/** Waits until a condition holds, and resolves to the time it took, in milliseconds. */
export async function until(holds: () => boolean, atMost = 5_000): Promise<number> {
  const started = Date.now()
  while (!holds()) {
    if (Date.now() - started > atMost) throw new Error(`it did not come within ${atMost} ms`)
    await wait(20)
  }
  return Date.now() - started
}
