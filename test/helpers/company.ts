import { setTimeout as wait } from 'node:timers/promises'
import mongoose, { type Connection, type Model, Schema, type SchemaDefinition } from 'mongoose'
import type { CommandStartedEvent } from 'mongodb'
import {
  createJit,
  type Jit,
  jitUser,
  type JitOptions,
  type JitUserOptions,
  type SourceConfig,
} from '../../src'
import type { Assertion, JitError, LoginPlan, LoginResult } from '../../src'
import { testMongo, type TestMongo } from './mongo'

/** The user model of the tests: standard fields, and custom fields of every type. */
export const companySchema: SchemaDefinition = {
  email: String,
  firstName: String,
  lastName: String,
  title: String,
  department: String,
  employeeNumber: String,
  active: Boolean,
  custom: {
    costCenter: String,
    skills: [String],
    lucky: [Number],
    level: { type: String, enum: ['junior', 'senior'] },
    remote: Boolean,
    desk: Number,
    startDate: Date,
    note: String,
  },
}

export const companyFields: JitUserOptions['fields'] = {
  email: true,
  firstName: true,
  lastName: true,
  title: true,
  department: true,
  employeeNumber: { identifier: true },
  'custom.costCenter': { label: 'Cost center', attribute: 'costCenter' },
  'custom.skills': { label: 'Skills' },
  'custom.lucky': { label: 'Lucky numbers' },
  'custom.level': { label: 'Level' },
  'custom.remote': { label: 'Remote' },
  'custom.desk': { label: 'Desk' },
  'custom.startDate': { label: 'Start date' },
}

/** An OpenID Connect source that provisions and syncs everything, without a provider. */
export function source(options: Partial<SourceConfig> = {}): SourceConfig {
  return {
    id: 'okta',
    protocol: 'saml',
    provisioning: true,
    syncing: true,
    saml: { entryPoint: 'https://idp.example/sso', idpIssuer: 'https://idp.example', idpCert: certificate },
    ...options,
  }
}

/** Ann, as her identity provider describes her. */
export function ann(attributes: Record<string, unknown> = {}, rest: Partial<Assertion> = {}): Assertion {
  return {
    issuer: 'https://idp.example',
    subject: 'ann-1',
    attributes: {
      email: 'ann@corp.example',
      firstName: 'Ann',
      lastName: 'Lee',
      title: 'Engineer',
      ...attributes,
    },
    ...rest,
  }
}

// eslint-disable-next-line @typescript-eslint/no-explicit-any
type AnyModel = Model<any>

export interface Company {
  mongo: TestMongo
  connection: Connection
  User: AnyModel
  jit: Jit<mongoose.HydratedDocument<Record<string, unknown>>>
  /** Names of the database commands since the last call. */
  commands(): string[]
  /** Waits until the database is idle, including background work. */
  quiet(): Promise<void>
  /**
   * Previews, checks that nothing was written, signs in, and checks that the preview was right. Resolves to the result,
   * or to the JitError if the sign-in was refused.
   */
  signIn(
    assertion: Assertion,
    sourceId?: string,
  ): Promise<LoginResult<mongoose.HydratedDocument<Record<string, unknown>>>>
  refusal(assertion: Assertion, sourceId?: string): Promise<JitError>
  close(): Promise<void>
}

interface Setup {
  sources?: SourceConfig[]
  schema?: SchemaDefinition
  fields?: JitUserOptions['fields']
  prepare?: (schema: Schema) => void
  organization?: string
  options?: Partial<JitOptions>
}

/** A model, a Jit with it, and a separate database. */
export async function company(setup: Setup = {}): Promise<Company> {
  const mongo = await testMongo()
  const connection = await mongoose.createConnection(mongo.uri, { monitorCommands: true }).asPromise()
  const schema = new Schema(setup.schema ?? companySchema)
  setup.prepare?.(schema)
  const { organization, fields = companyFields } = setup
  schema.plugin(jitUser, { ...(organization !== undefined && { organization }), fields })
  const User = connection.model('User', schema) as AnyModel
  const jit = createJit({
    userModel: User,
    baseUrl: 'https://app.example/sso',
    sources: setup.sources ?? [source()],
    ...setup.options,
  }) as Company['jit']
  await jit.ready()
  const started: string[] = []
  let underWay = 0
  connection
    .getClient()
    .on('commandStarted', ({ commandName }: CommandStartedEvent) => (underWay++, started.push(commandName)))
    .on('commandSucceeded', () => underWay--)
    .on('commandFailed', () => underWay--)

  const snapshot = async (): Promise<string> => JSON.stringify(await User.find().sort({ _id: 1 }).lean())
  const previewed = async (assertion: Assertion, sourceId: string): Promise<LoginPlan> => {
    const before = await snapshot()
    const plan = await jit.preview(sourceId, assertion)
    expect(await snapshot()).toBe(before)
    return plan
  }
  return {
    mongo,
    connection,
    User,
    jit,
    commands: () => started.splice(0),
    async quiet() {
      // Checks several times: a busy machine may have delayed a command.
      for (let calm = 0, seen = -1; calm < 4; await wait(15)) {
        calm = underWay === 0 && started.length === seen ? calm + 1 : 0
        seen = started.length
      }
    },
    async signIn(assertion, sourceId = 'okta') {
      const { outcome, changes, notices } = await previewed(assertion, sourceId)
      const result = await jit.login(sourceId, assertion)
      expect({ outcome, changes, notices }).toEqual({
        outcome: result.outcome,
        changes: result.changes,
        notices: result.notices,
      })
      return result
    },
    async refusal(assertion, sourceId = 'okta') {
      const { outcome, changes, refusal } = await previewed(assertion, sourceId)
      const before = await snapshot()
      const error = await jit.login(sourceId, assertion).then(
        () => Promise.reject(new Error('was not refused')),
        (thrown: JitError) => thrown,
      )
      expect(await snapshot()).toBe(before)
      expect({ outcome, changes, refusal }).toEqual({
        outcome: 'refused',
        changes: [],
        refusal: { code: error.code, message: error.message, details: error.details },
      })
      return error
    },
    async close() {
      await jit.close()
      await connection.close()
      await mongo.close()
    },
  }
}

/** A certificate whose key was discarded. */
export const certificate = `-----BEGIN CERTIFICATE-----
MIIDCDCCAfCgAwIBAgIJEQdlDLIdEJqvMA0GCSqGSIb3DQEBCwUAMBYxFDASBgNV
BAMTC2lkcC5leGFtcGxlMCAXDTI2MTEyMzIxMzcxMVoYDzIwNTYwMTAxMDAwMDAw
WjAWMRQwEgYDVQQDEwtpZHAuZXhhbXBsZTCCASIwDQYJKoZIhvcNAQEBBQADggEP
ADCCAQoCggEBALoP9oxLloZnItLa4iK15dWGxV9TNqdb8TlxMK5gRLBqc47SaoOU
mhS/Oht1QQ3Vf2pdjlrN51o7wn/+8cTCAZBQN7Z6a+/poSYYHGuoxBjsjXFLH6Z5
MBvmYwSrqLU0XZT2w85tfPVoNp6ZL65ftkbwc1pj4wOmFplY+Xn1WHdZSB5eREPg
JhaELUL+jJi3GJmMHArog9E5mIP/mTET6IfveyJa29bo/x6WS0wYwgGAKPSBL2lb
O91DUVp51PoRbe86pjYKWMx3vjU52XyEAkMqAi/s8Kg5oJ62mjgpoTfgHIW++tSB
Kt17IWy3Jjt9f1UbfEL4zmAKGlI2ljzEe5sCAwEAAaNXMFUwDAYDVR0TAQH/BAIw
ADAOBgNVHQ8BAf8EBAMCBaAwHQYDVR0lBBYwFAYIKwYBBQUHAwEGCCsGAQUFBwMC
MBYGA1UdEQQPMA2CC2lkcC5leGFtcGxlMA0GCSqGSIb3DQEBCwUAA4IBAQB/J7Nl
xoEuYeVEaq5LYrH6nYpeBNTIrt9indISL0aZn5PUx/oV7xikNo6FAQ/V+UpqMh5s
QdbcFmC/U4UI2zYCHOvqnkvIKraQjMQ3vliVkmrTJdXVUk17wvkMy1PMu1l4CPIE
NTFmhWiQoU1fkcSLPixEkcdK4hGCzFHujul3LnHJ7A0xFyBzny1775wkN7VNw0gL
3o5tDKcxSw9Z6voZmv6e8sg/hMAfj1SblSGRLPsXTRcwKh5ZrPOPevc/A3SQSVE2
EUg8+p/8VTgjRhuBvzexzhZC1q50zw0bv8nV3IsuBTFGABXnP++feQeYok/m4kHv
nJZ54OY5+pTbMP19
-----END CERTIFICATE-----`
