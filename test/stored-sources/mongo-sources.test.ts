import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import express from 'express'
import request from 'supertest'
import type { CommandStartedEvent } from 'mongodb'
import { type Connection, createConnection, Schema } from 'mongoose'
import { Passport } from 'passport'
import { createJit, type Jit, jitUser, mongoSources } from '../../src/index'
import { internalsOf } from '../helpers/internals'
import {
  annByClaims,
  cluster,
  type Cluster,
  entered,
  type Instance,
  refusal,
  until,
} from '../helpers/cluster'
import { companyFields, companySchema, source } from '../helpers/company'

let group: Cluster
beforeEach(async () => {
  group = await cluster()
})
afterEach(() => group.close())

const ids = ({ jit }: Instance): string[] => jit.sources().map(({ id }) => id)

describe('two instances over one database', () => {
  it('see each other’s new, changed, disabled and deleted sources within seconds', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered())
    expect(ids(a)).toEqual(['acme'])
    expect(ids(b)).toEqual([])
    await until(() => ids(b).includes('acme'))
    expect((await b.jit.login('acme', annByClaims())).outcome).toBe('provisioned')

    await a.editor.update('acme', { label: 'New', enabled: false }, 1)
    await until(() => b.jit.source('acme').label === 'New')
    await expect(b.jit.login('acme', annByClaims())).rejects.toMatchObject({ code: 'source_disabled' })

    await a.editor.delete('acme', 'acme')
    await until(() => ids(b).length === 0)
    await expect(b.jit.login('acme', annByClaims())).rejects.toMatchObject({ code: 'unknown_source' })
    expect([...a.errors, ...b.errors]).toEqual([])
  })

  it('see a source that was deleted and added again', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered({ label: 'Old' }))
    await b.editor.refresh()
    await a.editor.delete('acme')
    await a.editor.create(entered({ label: 'New' }))
    await until(() => b.jit.source('acme').label === 'New')
  })

  it('see everything when they start', async () => {
    const a = await group.instance()
    await a.editor.create(entered())
    expect(ids(await group.instance())).toEqual(['acme'])
  })

  it('see a change at once when they refresh', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered())
    await b.editor.refresh()
    expect(ids(b)).toEqual(['acme'])
  })

  it('need no database command for a source at a sign-in', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered())
    await until(() => ids(b).includes('acme'))
    await b.jit.login('acme', annByClaims())
    const read: unknown[] = []
    b.connection
      .getClient()
      .on('commandStarted', ({ command }: CommandStartedEvent) => void read.push(command.find))
    for (let i = 0; i < 50; i++) await b.jit.login('acme', annByClaims())
    expect(read.filter((collection) => collection === 'users')).toHaveLength(50)
    // Background polls can run during this test.
    expect(read.filter((collection) => collection !== 'users').length).toBeLessThanOrEqual(2)
  })

  it('keep the same object for an unchanged source', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered())
    await a.editor.create(entered({ id: 'other' }))
    await b.editor.refresh()
    const before = internalsOf(b.jit).source('acme')
    const other = internalsOf(b.jit).source('other')
    await a.editor.update('other', { label: 'Changed' }, 1)
    await b.editor.refresh()
    expect(internalsOf(b.jit).source('acme')).toBe(before)
    expect(internalsOf(b.jit).source('other')).not.toBe(other)
    expect(Object.isFrozen(before)).toBe(true)
  })

  it('read only changes in the background', async () => {
    const b = await group.instance()
    await b.editor.create(entered())
    const asked: unknown[] = []
    b.connection
      .getClient()
      .on('commandStarted', ({ command }: CommandStartedEvent) => void asked.push(command.projection))
    await b.editor.refresh()
    expect(asked).toEqual([{ version: 1, createdAt: 1, updatedAt: 1 }])
  })

  it('stop polling once they are closed, even during a poll', async () => {
    const [a, b] = [await group.instance(), await group.instance()]
    const looking = new Promise((resolve) => b.connection.getClient().once('commandStarted', resolve))
    group.mongo.devMongo?.misbehave({ command: 'find', nth: 1, delayMs: 200 })
    await looking
    await b.jit.close()
    await wait(300)
    await a.editor.create(entered())
    await wait(2_500)
    expect(ids(b)).toEqual([])
  })
})

describe('a database that is down', () => {
  it('leaves the last sources in use, reports once, and recovers', async () => {
    const { devMongo } = group.mongo
    if (!devMongo) return
    const [a, b] = [await group.instance(), await group.instance()]
    await a.editor.create(entered())
    await until(() => ids(b).includes('acme'))
    devMongo.misbehave({ drop: true })
    await until(() => b.errors.length > 0, 10_000)
    await wait(5_000)
    expect(b.errors.map(({ code }) => code)).toEqual(['database_unavailable'])
    expect(ids(b)).toEqual(['acme'])
    devMongo.behave()
    await until(() => {
      void a.editor.update('acme', { label: 'Back' }, 1).catch(() => undefined)
      return b.jit.source('acme').label === 'Back'
    }, 10_000)
    expect(b.errors).toHaveLength(1)
  })

  it('is a problem in ready(), and the sources load when it is back', async () => {
    const { devMongo } = group.mongo
    if (!devMongo) return
    const a = await group.instance()
    await a.editor.create(entered())
    const connection = await createConnection(group.mongo.uri, { serverSelectionTimeoutMS: 300 }).asPromise()
    const schema = new Schema(companySchema).plugin(jitUser, { fields: companyFields })
    const jit = createJit({
      userModel: connection.model('User', schema),
      baseUrl: 'https://app.example/sso',
      sources: [mongoSources(connection, { encryptionKey: group.key })],
    })
    devMongo.misbehave({ command: 'find', drop: true })
    await expect(jit.ready()).rejects.toThrow('sources: those in the database could not be read')
    devMongo.behave()
    await until(() => jit.sources().length === 1, 10_000)
    await jit.close()
    await connection.close()
  })
})

describe('a connection that is not open', () => {
  const setUp = (): { connection: Connection; jit: Jit } => {
    const connection = createConnection()
    const schema = new Schema(companySchema).plugin(jitUser, { fields: companyFields })
    const jit = createJit({
      userModel: connection.model('User', schema),
      baseUrl: 'https://app.example/sso',
      sources: [mongoSources(connection, { encryptionKey: group.key })],
    })
    return { connection, jit }
  }

  it('is awaited while it is connecting', async () => {
    await (await group.instance()).editor.create(entered())
    const { connection, jit } = setUp()
    const opened = connection.openUri(group.mongo.uri)
    await jit.ready()
    expect(jit.sources().map(({ id }) => id)).toEqual(['acme'])
    await opened
    await jit.close()
    await connection.close()
  })

  it('is reported at once if it is not connecting', async () => {
    const { jit } = setUp()
    await expect(jit.ready()).rejects.toThrow('Mongoose is not connected: `await mongoose.connect(...)`')
    await jit.close()
  })
})

describe('encryption keys', () => {
  it('rotate by adding the new one first and saving each source', async () => {
    const fresh = randomBytes(32)
    const a = await group.instance()
    await a.editor.create(entered())
    const b = await group.instance({ encryptionKey: [fresh, group.key.toString('base64')] })
    expect(internalsOf(b.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'hush-hush' } })
    await b.editor.update('acme', {}, 1)
    const c = await group.instance({ encryptionKey: fresh })
    expect(internalsOf(c.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'hush-hush' } })
    expect((await group.instance()).errors).toHaveLength(1)
  })

  it('break only the sources with secrets if they are wrong, and the problem names the option', async () => {
    const a = await group.instance()
    await a.editor.create(entered())
    await a.editor.create(entered({ id: 'open', oidc: { issuer: 'https://op.example', clientID: 'app' } }))
    const b = await group.instance({ encryptionKey: randomBytes(32), inCode: [source()] })
    expect(ids(b)).toEqual(['okta', 'open'])
    expect(b.errors).toHaveLength(1)
    expect(b.errors[0]).toMatchObject({ code: 'invalid_configuration', source: 'acme', status: 500 })
    expect(b.errors[0]!.message).toContain("source 'acme': oidc.clientSecret: none of the encryption keys")
    expect(b.errors[0]!.message).toContain('encryptionKey is wrong')
    expect(b.editor.get('acme')).toMatchObject({
      version: 1,
      config: { label: 'Acme', oidc: { clientID: 'app' } },
      secrets: ['oidc.clientSecret'],
      problems: [{ option: 'oidc.clientSecret' }],
    })
    expect(b.editor.get('acme').details).toBeUndefined()
    const broken = { code: 'invalid_configuration', status: 500, source: 'acme' }
    await expect(b.jit.login('acme', annByClaims())).rejects.toMatchObject(broken)
    expect(() => b.jit.source('acme')).toThrow(expect.objectContaining(broken))
    expect((await b.jit.login('open', annByClaims())).outcome).toBe('provisioned')
  })

  it('never lose a secret if they are wrong: it is entered again or removed, or the edit is refused', async () => {
    const a = await group.instance()
    await a.editor.create(entered())
    const b = await group.instance({ encryptionKey: randomBytes(32) })
    const { details } = await refusal(b.editor.update('acme', { label: 'x' }, 1))
    expect(details.problems).toEqual([expect.objectContaining({ option: 'oidc.clientSecret' })])
    expect(internalsOf(a.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'hush-hush' } })
    await b.editor.update('acme', { oidc: { clientSecret: 'again' } }, 1)
    expect(internalsOf(b.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'again' } })
    await a.editor.refresh()
    await a.editor.update('acme', { oidc: { clientSecret: null } }, 2)
    expect(a.editor.get('acme')).toMatchObject({ secrets: [], problems: [] })
  })
})

describe('a broken record', () => {
  it('cannot use the secret of another record', async () => {
    const a = await group.instance()
    await a.editor.create(entered())
    await a.editor.create(entered({ id: 'mallory' }))
    const { secrets } = (await group.stored().findOne({ _id: 'acme' }))!
    await group.stored().updateOne({ _id: 'mallory' }, { $set: { secrets, version: 2 } })
    await a.editor.refresh()
    expect(a.editor.get('mallory').problems).toEqual([
      expect.objectContaining({ option: 'oidc.clientSecret' }),
    ])
    expect(a.editor.get('acme').problems).toEqual([])
  })

  it('breaks only its own source if the model lost a field, and is repaired by an edit', async () => {
    const a = await group.instance()
    await a.editor.create(entered({ fields: { sync: ['title'] } }))
    await a.editor.create(entered({ id: 'other' }))
    const { title: _, ...fields } = companyFields
    const b = await group.instance({ fields })
    expect(ids(b)).toEqual(['other'])
    expect(b.errors.map((error) => error.message).join()).toContain(
      "source 'acme': fields.sync: there is no field",
    )
    await b.editor.refresh()
    expect(b.errors).toHaveLength(1)
    await b.editor.update('acme', { fields: { sync: 'all' } }, 1)
    expect(ids(b).sort()).toEqual(['acme', 'other'])
  })

  it.each<[string, object]>([
    ['nothing', {}],
    ['no options', { version: 1, config: { protocol: 'oidc' } }],
    ['a string as its options', { version: 1, config: 'oidc' }],
    ['invalid secrets', { version: 1, config: null, secrets: [null, 7, { option: 'x' }, { option: 7 }] }],
    ['secrets that are not a list', { version: 'x', createdAt: 'y', updatedAt: null, secrets: {} }],
  ])('leaves the others working if it contains %s, and can be deleted', async (_, record) => {
    const a = await group.instance()
    await a.editor.create(entered())
    await group.stored().insertOne({ _id: 'broken', ...record })
    const b = await group.instance()
    expect(ids(b)).toEqual(['acme'])
    expect(b.errors).toEqual([expect.objectContaining({ source: 'broken' })])
    expect(b.editor.get('broken').problems).not.toEqual([])
    await b.editor.delete('broken')
    expect(b.editor.list().map(({ id }) => id)).toEqual(['acme'])
  })

  it('shows no secret under a misspelled name', async () => {
    const { config } = { config: { protocol: 'oidc', oidc: { ...entered().oidc, client_secret: 'hush' } } }
    await group.stored().insertOne({ _id: 'broken', version: 1, config })
    const a = await group.instance()
    expect(JSON.stringify(a.editor.list())).not.toContain('hush')
    expect(JSON.stringify([a.errors, a.errors[0]!.message])).not.toContain('hush')
  })

  it('gives way to a source in code with the same id', async () => {
    await (await group.instance()).editor.create(entered())
    const b = await group.instance({ inCode: [source({ id: 'acme', label: 'In code' })] })
    expect(b.jit.sources().map(({ label }) => label)).toEqual(['In code'])
    expect(b.editor.get('acme')).toMatchObject({ origin: 'code', problems: [] })
    expect(
      b.editor.list().map(({ origin, problems }) => [origin, problems.map(({ option }) => option)]),
    ).toEqual([
      ['code', []],
      ['database', ['id']],
    ])
    expect(b.errors[0]!.message).toContain("source 'acme': id: a source in code has the same id")
  })
})

describe('put()', () => {
  it('moves a source from code to the database, and replaces a stored one', async () => {
    const { connection, editor } = await group.instance()
    const sources = mongoSources(connection, { encryptionKey: group.key })
    await sources.put(entered({ label: 'Old' }))
    await sources.put(entered({ label: 'New' }))
    await editor.refresh()
    expect(editor.get('acme')).toMatchObject({ version: 2, config: { label: 'New' }, problems: [] })
    expect(JSON.stringify(await group.stored().findOne())).not.toContain('hush-hush')
  })
})

describe('createJit', () => {
  it('accepts at most one mongoSources()', async () => {
    const { connection, User } = await group.instance()
    const stored = mongoSources(connection, { encryptionKey: group.key })
    const jit = createJit({
      userModel: User,
      baseUrl: 'https://app.example/sso',
      sources: [stored, source(), stored],
    })
    await expect(jit.ready()).rejects.toMatchObject({
      details: { problems: [expect.stringContaining('more than one mongoSources()')] },
    })
    await jit.close()
  })
})

describe('a running app', () => {
  it('starts a sign-in through sources added later, by router and by strategy', async () => {
    const a = await group.instance()
    const passport = new Passport()
    passport.use(a.jit.strategy('acme'))
    const app = express()
    app.get('/own', passport.authenticate('acme') as express.RequestHandler)
    app.use('/sso', a.jit.router())
    const get = async (path: string): Promise<unknown[]> => {
      const { status, headers } = await request(app).get(path)
      return [status, headers.location?.split('?')[0]]
    }
    expect([await get('/own'), await get('/sso/acme/login')]).toEqual([
      [404, undefined],
      [404, undefined],
    ])
    await a.editor.create(source({ id: 'acme' }))
    const toProvider = [302, 'https://idp.example/sso']
    expect([await get('/own'), await get('/sso/acme/login')]).toEqual([toProvider, toProvider])
    await group.stored().updateOne({ _id: 'acme' }, { $set: { version: 2, 'config.saml.entryPoint': 'x' } })
    await a.editor.refresh()
    expect([await get('/own'), await get('/sso/acme/login')]).toEqual([
      [500, undefined],
      [500, undefined],
    ])
  })
})
