import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'
import type { CommandInfo } from 'dev-mongo'

let app: Company
afterEach(() => app.close())

const sources = [source({ identifiers: ['email', 'employeeNumber'], linking: 'trusted' })]
const everything = { employeeNumber: 'E7', skills: ['Go'], level: 'senior', remote: true }

describe('database commands of a sign-in', () => {
  it('are one for a returning person without changes', async () => {
    app = await company({ sources })
    await app.jit.login('okta', ann(everything))
    app.commands()
    expect((await app.jit.login('okta', ann(everything))).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
  })

  it('are one if an invalid value arrives every time', async () => {
    app = await company({ sources })
    await app.jit.login('okta', ann({ ...everything, level: 'emperor' }))
    app.commands()
    expect((await app.jit.login('okta', ann({ ...everything, level: 'emperor' }))).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
  })

  it('are two for a returning person with changes', async () => {
    app = await company({ sources })
    await app.jit.login('okta', ann(everything))
    app.commands()
    await app.jit.login('okta', ann({ ...everything, title: 'CTO', level: 'emperor', skills: ['Go', 'C'] }))
    expect(app.commands()).toEqual(['find', 'update'])
  })

  it('are three for a new person', async () => {
    app = await company({ sources })
    app.commands()
    await app.jit.login('okta', ann({ ...everything, level: 'emperor' }))
    expect(app.commands()).toEqual(['find', 'find', 'insert'])
  })

  it('do not increase if the model has more identifiers than the source uses', async () => {
    app = await company({
      schema: { ...companySchema, username: String },
      fields: { ...companyFields, username: true },
      sources: [source({ identifiers: ['employeeNumber'], linking: 'trusted' })],
    })
    app.commands()
    await app.jit.login('okta', ann({ ...everything, username: 'ann' }))
    expect(app.commands()).toEqual(['find', 'find', 'insert'])
    await app.User.create({ employeeNumber: 'E8' })
    app.commands()
    const second = { email: 'bo@corp.example', employeeNumber: 'E8', username: 'Ann' }
    const { outcome, notices } = await app.jit.login('okta', ann(second, { subject: 'bo' }))
    expect([outcome, notices.find(({ code }) => code === 'conflict')?.path]).toEqual(['linked', 'username'])
    expect(app.commands()).toEqual(['find', 'find', 'update'])
  })

  it('increase by one if an email changes, to check for it in other letter case', async () => {
    app = await company({ sources })
    await app.jit.login('okta', ann(everything))
    app.commands()
    await app.jit.login('okta', ann({ ...everything, email: 'ann.lee@corp.example' }))
    expect(app.commands()).toEqual(['find', 'find', 'update'])
  })

  it('are three for a link', async () => {
    app = await company({ sources })
    await app.User.create({ email: 'ann@corp.example' })
    app.commands()
    expect((await app.jit.login('okta', ann(everything))).outcome).toBe('linked')
    expect(app.commands()).toEqual(['find', 'find', 'update'])
  })

  it("update lastLoginAt once an hour, and keep the outcome 'unchanged'", async () => {
    app = await company({ sources })
    await app.jit.login('okta', ann())
    const yesterday = new Date(Date.now() - 86_400_000)
    await app.User.updateOne({}, { 'identities.0.lastLoginAt': yesterday })
    app.commands()
    expect((await app.jit.login('okta', ann())).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find', 'update'])
    expect((await app.jit.login('okta', ann())).outcome).toBe('unchanged')
    expect(app.commands()).toEqual(['find'])
    const { identities } = await app.User.findOne().lean()
    expect(identities[0].lastLoginAt.getTime()).toBeGreaterThan(Date.now() - 60_000)
  })
})

describe('a sign-in among many users', () => {
  const many = 5_000

  beforeEach(async () => {
    app = await company({ sources })
    await app.User.collection.insertMany(
      Array.from({ length: many }, (_, i) => ({
        email: `user${i}@corp.example`,
        employeeNumber: `N${i}`,
        firstName: 'U',
        lastName: String(i),
        identities: [
          {
            source: 'okta',
            issuer: 'https://idp.example',
            subject: `user-${i}`,
            linkedAt: new Date(),
            lastLoginAt: new Date(),
          },
        ],
      })),
    )
  })

  it('never scans the collection', async () => {
    const { devMongo } = app.mongo
    const seen: CommandInfo[] = []
    devMongo?.on('command', (info) => void (info.collection === 'users' && seen.push(info)))
    await app.jit.login('okta', ann({ employeeNumber: 'E7' }))
    await app.jit.login('okta', ann({ employeeNumber: 'E7', title: 'CTO' }))
    await app.jit.login('okta', ann({ email: 'USER77@corp.example' }, { subject: 'new-77' }))
    const byIdentity = { email: 'user4999@corp.example', firstName: 'U', lastName: '4999', title: undefined }
    await app.jit.login('okta', ann(byIdentity, { subject: 'user-4999' }))
    expect(seen.filter(({ plan }) => plan === 'COLLSCAN')).toEqual([])
    expect(Math.max(0, ...seen.map(({ docsExamined }) => docsExamined))).toBeLessThan(5)
    expect(devMongo === undefined || seen.length >= 8).toBe(true)
  })
})
