import { createJit, type JitError } from '../../src'
import { annByClaims, cluster, type Cluster, entered, type Instance } from '../helpers/cluster'
import { source } from '../helpers/company'

let group: Cluster
let app: Instance
beforeEach(async () => {
  group = await cluster()
  app = await group.instance({ inCode: [source({ domains: ['code.example'] })] })
})
afterEach(() => group.close())

const claims = (): Promise<unknown[]> => {
  const stored = app.connection.collection<{ _id: string }>('jitDomains')
  return stored
    .find({}, { projection: { claimedAt: 0 } })
    .sort({ _id: 1 })
    .toArray()
}
const named = (id: string, rest: object): object => ({ ...entered(), id, ...rest })
const acme = named('acme', { organization: 'acme', domains: ['acme.example'] })

describe('a domain', () => {
  it('is refused in a second organization and in a source without one, and the message names it', async () => {
    await app.editor.create(acme)
    for (const organization of ['globex', undefined]) {
      const other = named('other', { organization, domains: ['other.example', 'ACME.example'] })
      await expect(app.editor.create(other)).rejects.toMatchObject({
        reason: 'invalid',
        status: 422,
        details: {
          problems: [
            { option: 'domains', message: expect.stringMatching(/acme\.example .*'acme'/) as string },
          ],
        },
      })
    }
    const ofCode = named('other', { organization: 'globex', domains: ['code.example'] })
    await expect(app.editor.create(ofCode)).rejects.toMatchObject({ reason: 'invalid' })
    await app.editor.create(named('second', { organization: 'acme', domains: ['acme.example'] }))
    expect(await claims()).toEqual([
      { _id: 'acme.example', organization: 'acme', sources: ['acme', 'second'] },
    ])
  })

  it('is free once no source lists it', async () => {
    await app.editor.create(acme)
    await app.editor.update('acme', { domains: ['new.example'] }, 1)
    await app.editor.create(named('globex', { organization: 'globex', domains: ['acme.example'] }))
    await app.editor.delete('acme', 'acme')
    await app.editor.update('globex', { domains: ['acme.example', 'new.example'] }, 1)
    expect(await claims()).toEqual([
      { _id: 'acme.example', organization: 'globex', sources: ['globex'] },
      { _id: 'new.example', organization: 'globex', sources: ['globex'] },
    ])
  })

  it('belongs to only one of two organizations that save it at once', async () => {
    const second = await group.instance({})
    const results = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => {
        const config = named(`s${i}`, { organization: `o${i % 2}`, domains: ['acme.example'] })
        return (i % 2 ? app : second).editor.create(config)
      }),
    )
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
    await app.editor.refresh()
    const saved = app.jit.sources().filter(({ id }) => id !== 'okta')
    expect(new Set(saved.map(({ organization }) => organization)).size).toBe(1)
    const [claim] = (await claims()) as { sources: string[] }[]
    expect([...claim!.sources].sort()).toEqual(saved.map(({ id }) => id).sort())
  })

  it('is released if a save ended halfway', async () => {
    const abandoned = { organization: 'gone', sources: ['gone'], claimedAt: new Date(Date.now() - 61_000) }
    const stored = app.connection.collection<{ _id: string }>('jitDomains')
    await stored.insertOne({ _id: 'acme.example', ...abandoned })
    await app.editor.create(acme)
    expect(await claims()).toEqual([{ _id: 'acme.example', organization: 'acme', sources: ['acme'] }])
  })

  it('is reported by ready() if sources in code of two organizations share it', async () => {
    const sources = [
      source({ id: 'a', organization: 'a', domains: ['x.example'] }),
      source({ id: 'b', domains: ['x.example'] }),
    ]
    const jit = createJit({ userModel: app.User, baseUrl: 'https://app.example/sso', sources })
    const error = (await jit.ready().catch((thrown: unknown) => thrown)) as JitError
    expect(error.details.problems).toEqual([expect.stringMatching(/source 'b': domains: x\.example .*'a'/)])
  })
})

describe('the organization of a stored source', () => {
  it('can be set once, and can’t be changed while people are linked', async () => {
    await app.editor.create(entered())
    await app.jit.login('acme', annByClaims())
    await app.editor.update('acme', { organization: 'acme' }, 1)
    expect(app.jit.source('acme').organization).toBe('acme')
    for (const organization of ['globex', null]) {
      const refused = { reason: 'linked_users', status: 409, details: { linkedUsers: 1 } }
      await expect(app.editor.update('acme', { organization }, 2)).rejects.toMatchObject(refused)
    }
    await app.editor.update('acme', { label: 'Acme again', organization: 'acme' }, 2)
    await app.User.deleteMany({})
    await app.editor.update('acme', { organization: 'globex' }, 3)
    expect(app.jit.source('acme').organization).toBe('globex')
  })
})
