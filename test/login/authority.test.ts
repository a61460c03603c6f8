import { randomBytes } from 'node:crypto'
import { createJit, type JitOptions, mongoSources, type SourceConfig } from '../../src'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'

/** Several sources of one user sync one field, and an order of authority decides. */

const hr = source({ id: 'hr', label: 'HR', linking: 'trusted' })
const okta = source({ id: 'okta', linking: 'trusted' })
const entra = source({ id: 'entra', linking: 'trusted' })

let app: Company
async function start(
  authority: JitOptions['authority'],
  sources: SourceConfig[] = [hr, okta, entra],
): Promise<void> {
  app = await company({ sources, options: { authority } })
}
afterEach(() => app.close())

const codes = ({ notices }: { notices: { code: string; path?: string }[] }): string[] =>
  notices.filter(({ code }) => code !== 'attribute_missing').map(({ code, path }) => `${code} ${path}`)
const title = async (): Promise<unknown> => (await app.User.findOne().lean()).title as unknown
const says = (said: string, more: object = {}): ReturnType<typeof ann> => ann({ title: said, ...more })

describe('a field with an order of authority', () => {
  it('follows the highest-ranked source of the user, and notifies the others', async () => {
    await start({ title: ['hr', 'okta'] })
    await app.signIn(says('CTO'), 'hr')
    const linked = await app.signIn(says('Engineer', { department: 'R&D' }), 'okta')
    expect(linked.outcome).toBe('linked')
    expect(linked.changes.map(({ path }) => path)).toEqual(['department'])
    expect(linked.notices).toContainEqual({
      code: 'owned_elsewhere',
      path: 'title',
      attribute: 'title',
      message: 'Title is managed by “HR”.',
    })
    const again = await app.signIn(says('Engineer', { department: 'R&D' }), 'okta')
    expect([again.outcome, ...codes(again)]).toEqual(['unchanged', 'owned_elsewhere title'])
    expect((await app.signIn(says('CEO'), 'hr')).changes).toMatchObject([{ from: 'CTO', to: 'CEO' }])
  })

  it('passes to a higher-ranked source when it is linked, in the same write', async () => {
    await start({ title: ['hr', 'okta'] })
    await app.signIn(says('Engineer'), 'okta')
    const { outcome, changes } = await app.signIn(says('CTO'), 'hr')
    expect([outcome, changes.map(({ to }) => to)]).toEqual(['linked', ['CTO']])
    expect(codes(await app.signIn(says('Engineer'), 'okta'))).toEqual(['owned_elsewhere title'])
  })

  it('is filled by the source that creates the user, even an unlisted one', async () => {
    await start({ title: ['hr'] })
    expect((await app.signIn(says('Engineer'), 'okta')).user.get('title')).toBe('Engineer')
    expect((await app.signIn(says('Coder'), 'okta')).changes).toMatchObject([{ to: 'Coder' }])
  })

  it('follows the last sign-in among unlisted sources, which rank last', async () => {
    await start({ title: ['hr'] })
    await app.signIn(says('A'), 'okta')
    await app.signIn(says('B'), 'entra')
    expect((await app.signIn(says('C'), 'okta')).changes).toMatchObject([{ to: 'C' }])
    await app.signIn(says('D'), 'hr')
    expect(codes(await app.signIn(says('E'), 'entra'))).toEqual(['owned_elsewhere title'])
    expect(await title()).toBe('D')
  })

  it.each([
    ['an empty value', ''],
    ['an invalid value', 'x\u0000'],
    ['the same value', 'CTO'],
  ])('is not changed by %s from a lower-ranked source', async (_, said) => {
    await start({ title: ['hr'] })
    await app.signIn(says('CTO'), 'hr')
    const result = await app.signIn(says(said), 'okta')
    expect([result.changes, ...codes(result)]).toEqual([[], 'owned_elsewhere title'])
  })

  it('is not cleared by a lower-ranked source that does not send it, and gets no notice', async () => {
    await start({ title: ['hr'] }, [hr, { ...okta, onAbsent: 'clear' }])
    await app.signIn(says('CTO'), 'hr')
    const result = await app.signIn(ann({ title: undefined }), 'okta')
    expect(result.notices.filter(({ path }) => path === 'title')).toEqual([])
    expect(await title()).toBe('CTO')
  })

  it.each([
    ['is disabled', { enabled: false }],
    ['no longer syncs', { syncing: false }],
    ['no longer has the field selected', { fields: { sync: ['department'] } }],
  ])('stops following a source at once if the source %s', async (_, change) => {
    await start({ title: ['hr'] })
    await app.signIn(says('CTO'), 'hr')
    await app.signIn(says('Engineer'), 'okta')
    const first = app
    const later = await company({
      sources: [{ ...hr, ...change }, okta],
      options: { authority: { title: ['hr'] } },
    })
    app = later
    await later.User.collection.insertMany(await first.User.collection.find().toArray())
    await first.close()
    expect((await later.signIn(says('Engineer'), 'okta')).changes).toMatchObject([
      { from: 'CTO', to: 'Engineer' },
    ])
  })

  it('costs no database command', async () => {
    await start({ title: ['hr', 'okta'] })
    await app.signIn(says('CTO'), 'hr')
    await app.signIn(says('Engineer'), 'okta')
    app.commands()
    await app.jit.login('okta', says('Engineer'))
    expect(app.commands()).toEqual(['find'])
  })

  it('can refer to another user', async () => {
    app = await company({
      schema: { ...companySchema, manager: 'ObjectId' },
      fields: { ...companyFields, manager: { ref: 'email' } },
      sources: [hr, okta],
      options: { authority: { manager: ['hr'] } },
    })
    await app.User.create([{ email: 'max@corp.example' }, { email: 'bo@corp.example' }])
    await app.signIn(ann({ manager: 'max@corp.example' }), 'hr')
    app.commands()
    const result = await app.signIn(ann({ manager: 'bo@corp.example' }), 'okta')
    expect(codes(result)).toEqual(['owned_elsewhere manager'])
    await app.quiet()
    app.commands()
    await app.jit.login('okta', ann({ manager: 'somebody@corp.example' }))
    expect(app.commands()).toEqual(['find'])
  })
})

describe('a field without an order', () => {
  it('follows the last sign-in', async () => {
    await start(undefined)
    await app.signIn(says('CTO'), 'hr')
    expect((await app.signIn(says('Engineer'), 'okta')).changes).toMatchObject([{ to: 'Engineer' }])
    expect((await app.signIn(says('CTO'), 'hr')).changes).toMatchObject([{ to: 'CTO' }])
  })
})

describe('managedFields', () => {
  it('names the deciding source, and ranks the others', async () => {
    const syncing = (...paths: string[]): Partial<SourceConfig> => ({ fields: { sync: paths } })
    await start({ title: ['okta', 'hr'], department: ['off', 'entra'] }, [
      { ...hr, ...syncing('title', 'department') },
      { ...okta, ...syncing('title', 'department', 'custom.desk') },
      { ...entra, ...syncing('custom.desk') },
      source({ id: 'off', enabled: false }),
    ])
    const { user: byHr } = await app.signIn(ann(), 'hr')
    expect(await app.jit.managedFields(byHr)).toEqual([
      { path: 'title', sources: ['hr'], owner: 'hr' },
      { path: 'department', sources: ['hr'], owner: 'hr' },
    ])
    await app.signIn(ann(), 'entra')
    const { user } = await app.signIn(ann(), 'okta')
    expect(await app.jit.managedFields(user)).toEqual([
      { path: 'title', sources: ['okta', 'hr'], owner: 'okta' },
      { path: 'department', sources: ['hr', 'okta'] },
      { path: 'custom.desk', sources: ['okta', 'entra'] },
    ])
  })
})

describe('the mapping of a source', () => {
  it('shows the order if there is one', async () => {
    await start({ title: ['hr', 'okta'] })
    const rows = app.jit.source('okta').fieldMapping.filter(({ authority }) => authority)
    expect(rows).toMatchObject([{ path: 'title', authority: ['hr', 'okta'] }])
  })
})

describe('an invalid order', () => {
  it.each([
    ['not an object', ['hr'], ['authority: must be an object of lists of source ids, by field path']],
    ['an unknown path', { titel: ['hr'] }, ["authority: there is no field 'titel'; did you mean 'title'?"]],
    [
      'unknown sources',
      { title: ['hr', 'otka', 'workday'] },
      [
        "authority['title']: there is no source 'otka'; did you mean 'okta'?",
        "authority['title']: there is no source 'workday' (there are hr, okta, entra)",
      ],
    ],
    [
      'a repeated source',
      { title: ['hr', 'hr'] },
      [expect.stringContaining("authority['title']: must be a list")],
    ],
    ['not a list', { title: 'hr' }, [expect.stringContaining("authority['title']: must be a list")]],
    ['nobody', { title: [] }, [expect.stringContaining("authority['title']: must be a list")]],
  ])('is a problem in ready(): %s', async (_, authority, problems) => {
    await start(undefined)
    const jit = createJit({
      userModel: app.User,
      baseUrl: 'https://app.example/sso',
      sources: [hr, okta, entra],
      authority: authority as never,
    })
    await expect(jit.ready()).rejects.toMatchObject({ code: 'invalid_configuration', details: { problems } })
  })
  it('can name sources that an admin will add later', async () => {
    await start(undefined)
    const jit = createJit({
      userModel: app.User,
      baseUrl: 'https://app.example/sso',
      sources: [hr, mongoSources(app.connection, { encryptionKey: randomBytes(32) })],
      authority: { title: ['hr', 'later'] },
    })
    await jit.ready()
    await jit.close()
  })
})
