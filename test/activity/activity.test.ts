import { startDevMongo } from 'dev-mongo'
import { JitError, type SourceConfig } from '../../src'
import type { Activity } from '../../src/activity/activity'
import type { ActivityEntry } from '../../src/activity/entry'
import { refusalEntry } from '../../src/activity/record'
import { internalsOf } from '../helpers/internals'
import { activitySection, readActivity } from '../../src/web/admin/activity-section'
import { ann, company, type Company, companyFields, companySchema, source } from '../helpers/company'
import { webApp, type WebApp } from '../helpers/web-app'

let app: Company
let apps: WebApp[] = []
afterEach(async () => {
  await Promise.all(apps.map((one) => one.close()))
  apps = []
})

const activityOf = ({ jit }: Pick<Company, 'jit'>): Activity => internalsOf(jit).activity!
const stored = (): Promise<Record<string, unknown>[]> =>
  app.connection.collection('jitActivity').find().sort({ at: 1 }).toArray()
const refusalOf = (sourceId: string, assertion = ann()): Promise<JitError> =>
  app.jit.login(sourceId, assertion).then(
    () => Promise.reject(new Error('was not refused')),
    (error: JitError) => error,
  )

describe('the activity of a sign-in', () => {
  afterEach(() => app.close())

  it('contains the outcome, the user, and the names of the changed fields', async () => {
    app = await company({ sources: [source({ linking: 'trusted' })], options: { activity: {} } })
    await app.User.create({ email: 'bob@corp.example', firstName: 'Bob', lastName: 'Old' })
    const { user } = await app.jit.login('okta', ann({ skills: ['Go'] }))
    await app.jit.login('okta', ann({ skills: ['Go'] }))
    await app.jit.login('okta', ann({ title: 'CTO', level: 'emperor' }))
    await app.jit.login('okta', ann({ email: 'bob@corp.example', firstName: 'Bob' }, { subject: 'bob-1' }))
    const entries = await activityOf(app).recent('okta', 10)
    expect(entries.map(({ outcome, changes }) => [outcome, changes.map(({ path }) => path)])).toEqual([
      ['linked', ['lastName', 'title']],
      ['synced', ['title']],
      ['unchanged', []],
      ['provisioned', ['email', 'firstName', 'lastName', 'title', 'custom.skills']],
    ])
    expect(entries[3]).toMatchObject({ source: 'okta', user: { id: String(user._id), label: 'Ann Lee' } })
    expect(entries[1]!.notices).toContainEqual({
      code: 'invalid_value',
      path: 'custom.level',
      attribute: 'level',
    })
    expect(Date.now() - entries[0]!.at.getTime()).toBeLessThan(10_000)
    expect(await activityOf(app).recent('okta', 2)).toEqual(entries.slice(0, 2))
    expect(await activityOf(app).recent('other', 2)).toEqual([])
  })

  it('contains no received value unless the app allows it', async () => {
    app = await company({ options: { activity: {} } })
    await app.jit.login('okta', ann({ title: 'Secret Agent', costCenter: 'CC-007' }))
    await activityOf(app).flush()
    expect(JSON.stringify(await stored())).toContain('custom.costCenter')
    expect(JSON.stringify(await stored())).not.toMatch(/Secret Agent|CC-007|corp\.example/)
    await app.close()
    app = await company({ options: { activity: { values: true } } })
    await app.jit.login('okta', ann())
    await app.jit.login('okta', ann({ title: 'CTO' }))
    const [entry] = await activityOf(app).recent('okta', 1)
    expect(entry!.changes).toEqual([{ path: 'title', label: 'Title', from: 'Engineer', to: 'CTO' }])
  })

  it('contains, for a refusal, the code and the expected and received names', async () => {
    app = await company({ options: { activity: {} } })
    const error = await refusalOf('okta', ann({ email: undefined, Email: 'ann@corp.example' }))
    const found = await activityOf(app).byReference(error.reference)
    expect(found).toMatchObject({
      ...{ source: 'okta', outcome: 'refused', changes: [] },
      refusal: {
        ...{ code: 'identifier_missing', message: error.message, reference: error.reference },
        expected: ['email'],
        received: ['email', 'firstName', 'lastName', 'title', 'Email'],
      },
    })
    expect(found).not.toHaveProperty('user')
    expect(JSON.stringify(await stored())).not.toContain('ann@corp')
    expect(await activityOf(app).byReference('0000000000')).toBeUndefined()
  })

  it.each<[string, Partial<SourceConfig>]>([
    ['provisioning_disabled', { provisioning: false }],
    ['domain_refused', { domains: ['other.example'] }],
    ['source_disabled', { enabled: false }],
  ])('records the refusal %s', async (code, options) => {
    app = await company({ sources: [source(options)], options: { activity: {} } })
    await refusalOf('okta')
    expect((await activityOf(app).recent('okta', 5)).map(({ refusal }) => refusal?.code)).toEqual([code])
  })

  it('formats ids and numbers of every type', async () => {
    const fields = { ...companyFields, manager: { ref: 'email' }, badge: { label: 'Badge' } }
    app = await company({
      schema: { ...companySchema, manager: 'ObjectId', badge: BigInt },
      fields,
      options: { activity: { values: true } },
    })
    const max = await app.User.create({ email: 'max@corp.example' })
    await app.jit.login('okta', ann({ manager: 'max@corp.example', badge: '9007199254740993' }))
    const [{ changes }] = (await activityOf(app).recent('okta', 1)) as [ActivityEntry]
    expect(changes.slice(-2).map(({ path, to }) => [path, to])).toEqual([
      ['manager', String(max._id)],
      ['badge', '9007199254740993'],
    ])
  })

  it('stays short when values are long', async () => {
    app = await company({ options: { activity: { values: true } } })
    const long = 'x'.repeat(16_000)
    await app.jit.login('okta', ann({ firstName: long, skills: Array.from({ length: 500 }, () => long) }))
    await activityOf(app).flush()
    expect(await stored()).toHaveLength(1)
    expect(JSON.stringify(await stored()).length).toBeLessThan(20_000)
  })

  it('is not recorded for a source that does not exist, since anyone can request one', async () => {
    app = await company({ options: { activity: {} } })
    expect((await refusalOf('made-up')).code).toBe('unknown_source')
    await activityOf(app).flush()
    expect(await stored()).toEqual([])
  })

  it('is not recorded for a preview', async () => {
    app = await company({ options: { activity: {} } })
    await app.jit.preview('okta', ann())
    await activityOf(app).flush()
    expect(await stored()).toEqual([])
  })

  it('is not recorded if the app turns it off or has no admin area', async () => {
    app = await company({ options: { activity: false } })
    expect(internalsOf(app.jit).activity).toBeUndefined()
    await app.jit.login('okta', ann())
    await app.close()
    app = await company()
    await app.jit.login('okta', ann())
    await activityOf(app).flush()
    const names = (await app.connection.listCollections()).map(({ name }) => name)
    expect(names).not.toContain('jitActivity')
    activityOf(app).start()
    await app.jit.login('okta', ann())
    expect(await activityOf(app).recent('okta', 5)).toHaveLength(1)
  })
})

describe('activity storage', () => {
  afterEach(() => app.close())

  it('expires entries after the configured number of days, and has an index for every query', async () => {
    app = await company({ options: { activity: { keepDays: 7 } } })
    await app.jit.login('okta', ann())
    await activityOf(app).flush()
    const indexes = await app.connection.collection('jitActivity').indexes()
    expect(indexes).toContainEqual(expect.objectContaining({ key: { expiresAt: 1 }, expireAfterSeconds: 0 }))
    const keys = indexes.map(({ key }) => Object.keys(key as object).join())
    expect(keys).toEqual(expect.arrayContaining(['source,at', 'signedIn,source,at', 'refusal.reference']))
    const [entry] = await stored()
    const { at, expiresAt } = entry as { at: Date; expiresAt: Date }
    expect(expiresAt.getTime() - at.getTime()).toBe(7 * 86_400_000)
  })

  it('keeps entries for 90 days by default', async () => {
    app = await company({ options: { activity: {} } })
    expect(activityOf(app).keepDays).toBe(90)
  })

  it('adds no command to a sign-in: entries are written in batches a second later', async () => {
    app = await company({ options: { activity: {} } })
    await app.jit.login('okta', ann())
    await activityOf(app).flush()
    app.commands()
    for (let i = 0; i < 5; i++) await app.jit.login('okta', ann())
    expect(app.commands()).toEqual(['find', 'find', 'find', 'find', 'find'])
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    expect(app.commands()).toEqual(['insert'])
    expect(await stored()).toHaveLength(6)
  })

  it('writes pending entries when the app closes', async () => {
    app = await company({ options: { activity: {} } })
    await app.jit.login('okta', ann())
    await app.jit.close()
    expect(await stored()).toHaveLength(1)
  })

  it('limits pending refusals so that they cannot crowd out sign-ins', async () => {
    app = await company({ options: { activity: {} } })
    for (let i = 0; i < 300; i++) await refusalOf('okta', ann({}, { issuer: '' }))
    await app.jit.login('okta', ann())
    await activityOf(app).flush()
    const entries = await stored()
    expect(entries.length).toBeLessThanOrEqual(201)
    expect(entries.at(-1)).toMatchObject({ outcome: 'provisioned' })
  })

  it('counts by day and outcome, and includes days without sign-ins', async () => {
    app = await company({ options: { activity: {} } })
    const today = Math.floor(Date.now() / 86_400_000) * 86_400_000
    const at = (daysAgo: number): Date => new Date(today - daysAgo * 86_400_000 + 60_000)
    const entry = { source: 'okta', changes: [], notices: [] }
    const refusal = { code: 'user_inactive', message: 'm', reference: 'x' } as const
    const activity = activityOf(app)
    activity.record({ ...entry, at: at(0), outcome: 'provisioned' })
    activity.record({ ...entry, at: at(0), outcome: 'refused', refusal })
    activity.record({ ...entry, at: at(0), outcome: 'failed', refusal })
    activity.record({ ...entry, at: at(2), outcome: 'synced' })
    activity.record({ ...entry, at: at(2), outcome: 'linked' })
    activity.record({ ...entry, at: at(2), outcome: 'unchanged' })
    activity.record({ ...entry, at: at(3), outcome: 'unchanged' })
    activity.record({ ...entry, source: 'other', at: at(0), outcome: 'unchanged' })
    const day = (daysAgo: number): string => at(daysAgo).toISOString().slice(0, 10)
    expect(await activity.perDay('okta', 3)).toEqual([
      { day: day(2), signedIn: 3, created: 0, refused: 0 },
      { day: day(1), signedIn: 0, created: 0, refused: 0 },
      { day: day(0), signedIn: 0, created: 1, refused: 2 },
    ])
  })

  it('knows the last sign-in of each source, and does not count refusals', async () => {
    app = await company({ options: { activity: {} } })
    const entry = { changes: [], notices: [] }
    const refusal = { code: 'user_inactive', message: 'm', reference: 'x' } as const
    const [early, late, latest] = [1, 2, 3].map((day) => new Date(Date.now() - 86_400_000 + day * 1000)) as [
      Date,
      Date,
      Date,
    ]
    const activity = activityOf(app)
    activity.record({ ...entry, source: 'okta', at: late, outcome: 'synced' })
    activity.record({ ...entry, source: 'okta', at: early, outcome: 'provisioned' })
    activity.record({ ...entry, source: 'okta', at: latest, outcome: 'refused', refusal })
    activity.record({ ...entry, source: 'entra', at: early, outcome: 'unchanged' })
    activity.record({ ...entry, source: 'refusing', at: early, outcome: 'refused', refusal })
    activity.record({ ...entry, source: 'unasked', at: early, outcome: 'synced' })
    expect(await activity.lastSignIn(['okta', 'entra', 'refusing', 'never'])).toEqual(
      new Map([
        ['okta', late],
        ['entra', early],
      ]),
    )
  })
})

describe('activity while the database is down', () => {
  const okta = source()

  it('breaks no sign-in, emits an error event without values, and is written once the database is back', async () => {
    const database = await startDevMongo()
    const mongo = { uri: `${database.uri}/test`, close: () => database.close() }
    const web = await webApp({ sources: () => [okta], mongo, options: { activity: { values: true } } })
    apps.push(web)
    const errors: Error[] = []
    web.jit.on('error', (error) => void errors.push(error))
    await web.jit.login('okta', ann())
    database.misbehave({ drop: true })
    await internalsOf(web.jit).activity!.flush()
    expect(errors.map(({ message }) => message)).toEqual(['The database cannot be reached.'])
    expect(JSON.stringify(errors, Object.getOwnPropertyNames(errors[0]))).not.toContain('corp.example')
    database.behave()
    await web.jit.login('okta', ann({ title: 'CTO' }))
    const entries = await internalsOf(web.jit).activity!.recent('okta', 5)
    expect(entries.map(({ outcome }) => outcome)).toEqual(['synced', 'provisioned'])
  })

  it('records a person refused because of the database', async () => {
    const database = await startDevMongo()
    const mongo = { uri: `${database.uri}/test`, close: () => database.close() }
    const web = await webApp({ sources: () => [okta], mongo, options: { activity: {} } })
    apps.push(web)
    database.misbehave({ drop: true })
    const error = await web.jit.login('okta', ann()).then(
      () => undefined,
      (thrown: JitError) => thrown,
    )
    database.behave()
    const found = await internalsOf(web.jit).activity!.byReference(error!.reference)
    expect(found).toMatchObject({ outcome: 'failed', refusal: { code: 'database_unavailable' } })
  })
})

describe('the Activity section', () => {
  afterEach(() => app.close())

  const section = async (reference?: unknown): Promise<string> =>
    activitySection(
      await readActivity(internalsOf(app.jit).activity, { source: 'okta', page: '/admin/okta', reference }),
      () => 'saml',
    ).markup

  it('shows a plain message when there is no activity yet, and when the app keeps none', async () => {
    app = await company({ options: { activity: {} } })
    expect(await section()).toContain('No one has signed in through this source yet')
    expect(await section()).not.toContain('<svg')
    await app.close()
    app = await company({ options: { activity: false } })
    expect(await section()).toContain('doesn’t record sign-ins')
  })

  it('charts days with a title, a description and numbers, and uses no inline code', async () => {
    app = await company({ options: { activity: {} } })
    await app.jit.login('okta', ann())
    await app.jit.login('okta', ann())
    await refusalOf('okta', ann({ email: undefined }, { subject: 'somebody' }))
    const markup = await section()
    expect(markup).toContain('Signed in: 1. Created: 1. Refused: 1.')
    expect(markup.match(/<rect/g)).toHaveLength(3)
    expect(markup).not.toMatch(/style=|<script|\son\w+=/)
    expect(markup).toMatch(/<th scope="row">\d{4}-\d\d-\d\d<\/th>/)
  })

  it('finds a refusal by the reference on the person’s page, and shows expected and received names side by side', async () => {
    app = await company({ options: { activity: {} } })
    const attributes = { 'e-Mail': 'ann@corp.example', firstName: 'Ann' }
    const { reference } = await refusalOf('okta', { ...ann(), subject: 's', attributes })
    const markup = await section(`identifier_missing ${reference.toUpperCase()}`)
    const found = markup.slice(markup.indexOf('class="found"'), markup.indexOf('<table class="recent"'))
    expect(found).toContain(`<code>${reference}</code>`)
    expect(found).toMatch(
      /Expected<\/h3>[\s\S]*<code>email<\/code>[\s\S]*Received<\/h3>[\s\S]*<code>e-Mail<\/code>/,
    )
    expect(found).toContain('<p>No usable login identifier was received (email).</p>')
    expect(found).toContain('<code>e-Mail</code> arrived: send it as <code>email</code> instead.')
    expect(found).toContain('Have the provider send one of the expected names')
    expect(markup).not.toContain('ann@corp')
    expect(await section('<b>')).toContain('reference <code>&lt;b&gt;</code>')
    expect(await section(['a', 'b'])).not.toContain('class="found"')
  })

  it('names the failed check and how to fix it', async () => {
    app = await company({ options: { activity: {} } })
    internalsOf(app.jit).activity!.record(
      refusalEntry(
        new JitError('invalid_assertion', 'The assertion is for another audience', {
          source: 'okta',
          details: { check: 'audience' },
        }),
      ),
    )
    const markup = await section()
    expect(markup).toContain('<p>The assertion is for another audience</p>')
    expect(markup).toContain('check <code>audience</code>')
    expect(markup).toContain('Enter this source’s entity ID')
  })

  it('shows and escapes values if the app keeps them', async () => {
    app = await company({ options: { activity: { values: true } } })
    await app.jit.login('okta', ann())
    await app.jit.login('okta', ann({ title: '<b>CTO</b>' }))
    const markup = await section()
    expect(markup).toMatch(
      /<del><code>Engineer<\/code><\/del>[\s\S]*<ins><code>&lt;b&gt;CTO&lt;\/b&gt;<\/code><\/ins>/,
    )
  })
})
