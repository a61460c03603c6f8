import { inspect } from 'node:util'
import mongoose from 'mongoose'
import { createJit, type Linking } from '../../src'
import { ann, company, type Company, source } from '../helpers/company'

let app: Company
afterEach(() => app.close())

/** A second process: its own connection, model and Jit over the same database. */
async function secondProcess(
  linking: Linking = 'trusted',
): Promise<{ jit: Company['jit']; close: () => Promise<void> }> {
  const connection = await mongoose.createConnection(app.mongo.uri).asPromise()
  const userModel = connection.model('User', app.User.schema)
  const jit = createJit({ userModel, baseUrl: 'https://app.example/sso', sources: [source({ linking })] })
  await jit.ready()
  return { jit: jit as unknown as Company['jit'], close: () => connection.close() }
}

const trusted = source({ linking: 'trusted' })

describe('200 first sign-ins of one person at once', () => {
  it.each([
    ['in one process', false],
    ['in two processes', true],
  ])('create one user with one identity, and all succeed (%s)', async (_, twoProcesses) => {
    app = await company({ sources: [trusted] })
    const other = twoProcesses ? await secondProcess() : undefined
    const results = await Promise.all(
      Array.from({ length: 200 }, (_one, i) => (i % 2 && other ? other.jit : app.jit).login('okta', ann())),
    )
    await other?.close()
    expect(new Set(results.map(({ user }) => String(user._id))).size).toBe(1)
    expect(results.filter(({ outcome }) => outcome === 'provisioned')).toHaveLength(1)
    expect(results.filter(({ outcome }) => outcome === 'unchanged')).toHaveLength(199)
    expect(await app.User.find().lean()).toMatchObject([{ identities: [{ subject: 'ann-1' }] }])
    expect((await app.User.findOne().lean()).identities).toHaveLength(1)
  })
})

describe('concurrent sign-ins of one person', () => {
  it('link once', async () => {
    app = await company({ sources: [trusted] })
    await app.User.create({ email: 'ann@corp.example' })
    const other = await secondProcess()
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? other.jit : app.jit).login('okta', ann())),
    )
    await other.close()
    expect(results.filter(({ outcome }) => outcome === 'linked')).toHaveLength(1)
    expect((await app.User.findOne().lean()).identities).toHaveLength(1)
  })

  it('create one user with both identities through two sources', async () => {
    app = await company({ sources: [trusted, source({ id: 'entra', linking: 'trusted' })] })
    await Promise.all(Array.from({ length: 20 }, (_, i) => app.jit.login(i % 2 ? 'okta' : 'entra', ann())))
    const users = await app.User.find().lean()
    expect(users).toHaveLength(1)
    expect(users[0].identities.map((one: { source: string }) => one.source).sort()).toEqual(['entra', 'okta'])
  })

  it('each leave a state that one of them requested, including array fields', async () => {
    app = await company({ sources: [trusted] })
    await app.jit.login('okta', ann({ skills: ['a'] }))
    const other = await secondProcess()
    const wanted = Array.from({ length: 30 }, (_, i) => ({ title: `T${i}`, skills: [`s${i}`, 'x'], desk: i }))
    const results = await Promise.all(
      wanted.map((attributes, i) => (i % 2 ? other.jit : app.jit).login('okta', ann(attributes))),
    )
    await other.close()
    expect(results).toHaveLength(30)
    const stored = await app.User.findOne().lean()
    const winner = stored.custom.desk as number
    expect(stored).toMatchObject({
      title: `T${winner}`,
      custom: { skills: [`s${winner}`, 'x'], desk: winner },
    })
    expect(stored.identities).toHaveLength(1)
  })

  it.each(['verified', 'never', 'trusted'] as const)(
    'all find the same user in several processes (linking: %s)',
    async (linking) => {
      app = await company({ sources: [source({ linking })] })
      const others = await Promise.all([
        secondProcess(linking),
        secondProcess(linking),
        secondProcess(linking),
      ])
      const all = [app.jit, ...others.map(({ jit }) => jit)]
      for (let person = 0; person < 5; person++) {
        const assertion = ann({ email: `p${person}@corp.example` }, { subject: `p${person}` })
        await Promise.all(Array.from({ length: 40 }, (_, i) => all[i % 4]!.login('okta', assertion)))
      }
      await Promise.all(others.map(({ close }) => close()))
      const users = await app.User.find().lean()
      expect(users.map(({ identities }) => identities.length)).toEqual([1, 1, 1, 1, 1])
    },
  )

  it('all succeed if a hook of the app sets another unique value', async () => {
    app = await company({
      sources: [trusted],
      prepare: (schema) => {
        schema.add({ slug: { type: String, unique: true } })
        schema.pre('save', function () {
          this.set('slug', String(this.get('email')).split('@')[0])
        })
      },
    })
    const other = await secondProcess()
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, i) => (i % 2 ? other.jit : app.jit).login('okta', ann())),
    )
    expect(results.filter(({ outcome }) => outcome === 'provisioned')).toHaveLength(1)
    const twin = ann({ email: 'ann@other.example' }, { subject: 'other' })
    const error = await app.jit.login('okta', twin).catch((refused: unknown) => refused)
    expect(error).toMatchObject({ code: 11000, message: 'E11000 duplicate key: slug' })
    // The driver's error contains the value, and so would the app's log.
    expect(inspect(error)).not.toContain("'ann'")
    expect(inspect(error)).not.toContain('"ann"')
    await other.close()
  })

  it('end as a fault, and write nothing, if another process always writes first', async () => {
    let disturbing = false
    let attempts = 0
    const isActive = async ({ _id }: { _id: unknown }): Promise<boolean> => {
      if (disturbing) {
        const later = new Date(Date.now() + ++attempts * 1000)
        await app.User.updateOne({ _id }, { 'identities.0.lastLoginAt': later })
      }
      return true
    }
    app = await company({ sources: [trusted], options: { isActive } })
    await app.jit.login('okta', ann())
    disturbing = true
    const sync = app.jit.login('okta', ann({ title: 'CTO' }))
    await expect(sync).rejects.toMatchObject({ code: 'database_unavailable', status: 503, source: 'okta' })
    expect(attempts).toBe(20)
    expect((await app.User.findOne().lean()).title).toBe('Engineer')
    disturbing = false
    expect((await app.jit.login('okta', ann({ title: 'CTO' }))).outcome).toBe('synced')
  })

  it('create one user for different people with the same email', async () => {
    app = await company()
    const outcomes = await Promise.allSettled(
      Array.from({ length: 20 }, (_, i) => app.jit.login('okta', ann({}, { subject: `ann-${i}` }))),
    )
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(
      outcomes.filter(
        (one) => one.status === 'rejected' && (one.reason as { code: string }).code === 'linking_refused',
      ),
    ).toHaveLength(19)
    expect(await app.User.countDocuments()).toBe(1)
  })

  it('do not overwrite what the app writes at the same time', async () => {
    app = await company({ sources: [trusted] })
    const { user } = await app.jit.login('okta', ann({ skills: ['a'] }))
    await Promise.all([
      ...Array.from({ length: 10 }, (_, i) => app.jit.login('okta', ann({ skills: [`s${i}`] }))),
      ...Array.from({ length: 10 }, () =>
        app.User.updateOne({ _id: user._id }, { $inc: { __v: 1 }, 'custom.note': 'mine' }),
      ),
    ])
    expect((await app.User.findOne().lean()).custom.note).toBe('mine')
  })
})
