import { createConnection, Schema } from 'mongoose'
import { createJit, jitUser, type SourceConfig } from '../../src/index'
import { internalsOf } from '../helpers/internals'
import { annByClaims, cluster, type Cluster, entered, type Instance, refusal } from '../helpers/cluster'
import { ann, certificate, companyFields, companySchema, source } from '../helpers/company'

let group: Cluster
let app: Instance
beforeEach(async () => {
  group = await cluster()
  app = await group.instance({ inCode: [source()] })
})
afterEach(() => group.close())

const privateKey = '-----BEGIN PRIVATE KEY-----\nhush-hush\n-----END PRIVATE KEY-----'
const samlWithKeys = (): SourceConfig => ({
  ...source({ id: 'adfs' }),
  saml: {
    ...source().saml!,
    privateKey,
    publicCert: certificate,
    decryptionPvk: privateKey,
    decryptionCert: certificate,
  },
})

describe('adding a source', () => {
  it('makes it available at once, as entered, without its secrets', async () => {
    const { source: saved } = await app.editor.create(entered())
    const { clientSecret: _, ...oidc } = entered().oidc!
    expect(saved).toMatchObject({
      id: 'acme',
      origin: 'database',
      version: 1,
      config: { ...entered(), oidc },
      secrets: ['oidc.clientSecret'],
      problems: [],
      details: { id: 'acme', label: 'Acme', provisioning: true },
    })
    expect(app.editor.get('acme')).toEqual(saved)
    expect(app.jit.sources().map(({ id }) => id)).toEqual(['okta', 'acme'])
    expect((await app.jit.login('acme', annByClaims())).outcome).toBe('provisioned')
  })

  it('passes its secrets to the strategies', async () => {
    await app.editor.create(entered())
    await app.editor.create(samlWithKeys())
    expect(internalsOf(app.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'hush-hush' } })
    expect(internalsOf(app.jit).source('adfs')).toMatchObject({
      saml: { privateKey, decryptionPvk: privateKey },
    })
  })

  it('leaves no secret in plain text in the record or in anything shown', async () => {
    await app.editor.create(entered())
    await app.editor.create(samlWithKeys())
    const records = JSON.stringify(await group.stored().find().toArray())
    expect(records).toContain('https://idp.example')
    expect(records).not.toContain('hush')
    expect(records).not.toContain(Buffer.from('hush-hush').toString('base64').slice(0, 10))
    expect(JSON.stringify([app.editor.list(), app.jit.sources()])).not.toContain('hush')
  })

  it('lists sources in the order they were added, after those in code', async () => {
    for (const id of ['zeta', 'alpha', 'mid']) await app.editor.create(entered({ id }))
    expect(app.editor.list().map(({ id }) => id)).toEqual(['okta', 'zeta', 'alpha', 'mid'])
  })

  it.each<[string, unknown, string[]]>([
    ['nothing', undefined, ['id', 'protocol']],
    ['a list', [], ['id', 'protocol']],
    [
      'several wrong options',
      { ...entered(), domains: ['a b'], oidc: { issuer: 'ftp://x' } },
      ['domains.0', 'oidc.issuer', 'oidc.clientID'],
    ],
    [
      'attribute names, which only code can set',
      { ...entered(), attributes: { title: 'jobTitle' } },
      ['attributes'],
    ],
    [
      'a secret that is not a string',
      { ...entered(), oidc: { ...entered().oidc, clientSecret: { a: 1 } } },
      ['oidc.clientSecret'],
    ],
    [
      'a prototype',
      JSON.parse(
        '{"__proto__":{"x":1},"id":"a","protocol":"oidc","oidc":{"issuer":"https://a.b","clientID":"c"}}',
      ),
      ['__proto__'],
    ],
  ])('refuses with every problem: %s', async (_, config, options) => {
    const { reason, status, details } = await refusal(app.editor.create(config))
    expect([reason, status, details.problems!.map(({ option }) => option)]).toEqual(['invalid', 422, options])
    expect(await group.stored().countDocuments()).toBe(0)
  })

  it('refuses an id that exists in code or in the database, from any instance', async () => {
    const other = await group.instance()
    await other.editor.create(entered())
    expect(await refusal(app.editor.create(entered()))).toMatchObject({ reason: 'exists', status: 409 })
    expect(await refusal(app.editor.create(entered({ id: 'okta' })))).toMatchObject({ reason: 'exists' })
    expect(await group.stored().countDocuments()).toBe(1)
  })
})

describe('editing a source', () => {
  beforeEach(() => app.editor.create(entered({ domains: ['a.example'] })))

  it('changes what the patch names, removes what is null, and keeps the rest, including secrets', async () => {
    const patch = { syncing: false, domains: null, oidc: { clientID: 'app2' } }
    const { source: saved } = await app.editor.update('acme', patch, 1)
    expect(saved).toMatchObject({ version: 2, secrets: ['oidc.clientSecret'] })
    expect(saved.config).toEqual({
      ...entered(),
      syncing: false,
      oidc: { issuer: 'https://idp.example', clientID: 'app2' },
    })
    expect(internalsOf(app.jit).source('acme')).toMatchObject({
      syncing: false,
      domains: [],
      oidc: { clientID: 'app2', clientSecret: 'hush-hush' },
    })
  })

  it('replaces and removes a secret', async () => {
    await app.editor.update('acme', { oidc: { clientSecret: 'new-one' } }, 1)
    expect(internalsOf(app.jit).source('acme')).toMatchObject({ oidc: { clientSecret: 'new-one' } })
    const { source: saved } = await app.editor.update('acme', { oidc: { clientSecret: null } }, 2)
    expect(saved.secrets).toEqual([])
    expect(internalsOf(app.jit).source('acme')).not.toHaveProperty('oidc.clientSecret')
  })

  const elsewhere = 'https://elsewhere.example'
  it.each<[string, object, object]>([
    ['another issuer', {}, { issuer: elsewhere }],
    ['another port of the issuer', {}, { issuer: 'https://idp.example:8443' }],
    ['a token endpoint on another server', {}, { tokenURL: `${elsewhere}/token` }],
    [
      'another token endpoint',
      { tokenURL: 'https://login.example/token' },
      { tokenURL: `${elsewhere}/token` },
    ],
    ['a discovery document at another address', {}, { discoveryURL: `${elsewhere}/openid-configuration` }],
    [
      'another discovery document',
      { discoveryURL: 'https://login.example/openid-configuration' },
      { discoveryURL: `${elsewhere}/openid-configuration` },
    ],
  ])('never sends a stored secret to %s: it must be entered again', async (_, had, oidc) => {
    await app.editor.update('acme', { oidc: { ...had, clientSecret: 'stored' } }, 1)
    const { reason, details } = await refusal(app.editor.update('acme', { oidc }, 2))
    expect([reason, details.problems?.map(({ option }) => option)]).toEqual([
      'invalid',
      ['oidc.clientSecret'],
    ])
    expect(app.editor.get('acme').version).toBe(2)
    await app.editor.update('acme', { oidc: { ...oidc, clientSecret: 'new-one' } }, 2)
    expect(internalsOf(app.jit).source('acme')).toMatchObject({ oidc: { ...oidc, clientSecret: 'new-one' } })
  })

  it.each<[string, object]>([
    ['another path on the same server', { issuer: 'https://idp.example/realms/2' }],
    ['a token endpoint on the issuer’s server', { tokenURL: 'https://idp.example/token' }],
    ['another server with the secret removed', { issuer: elsewhere, clientSecret: null }],
    ['a discovery document on the issuer’s server', { discoveryURL: 'https://idp.example/elsewhere' }],
  ])('allows %s without the secret', async (_, oidc) => {
    expect((await app.editor.update('acme', { oidc }, 1)).source.version).toBe(2)
  })

  it('refuses with every problem of the metadata and of other options', async () => {
    await app.editor.create({ ...source({ id: 'adfs' }) })
    const patch = { linking: 'maybe', saml: { metadata: '<a/>' } }
    const { reason, details } = await refusal(app.editor.update('adfs', patch, 1))
    expect([reason, details.problems!.map(({ option }) => option)]).toEqual([
      'invalid',
      ['saml.metadata', 'linking'],
    ])
  })

  it('refuses a URL that is not https, even if the source has stored keys', async () => {
    await app.editor.create(samlWithKeys())
    const patch = { saml: { entryPoint: 'http://idp.example/sso' } }
    const { reason, details } = await refusal(app.editor.update('adfs', patch, 1))
    expect([reason, details.problems!.map(({ option }) => option)]).toEqual(['invalid', ['saml.entryPoint']])
    expect(app.editor.get('adfs')).toMatchObject({ version: 1, config: { saml: source().saml } })
  })

  it('disables a source', async () => {
    await app.editor.update('acme', { enabled: false }, 1)
    await expect(app.jit.login('acme', annByClaims())).rejects.toMatchObject({ code: 'source_disabled' })
  })

  it.each<[string, unknown, string[]]>([
    ['another id', { id: 'acme2' }, ['id']],
    ['another protocol', { protocol: 'saml', saml: source().saml, oidc: null }, ['protocol']],
    ['no id', { id: null }, ['id']],
    ['a patch that is not an object', 'label', ['']],
    ['nothing', null, ['']],
    ['a list', [], ['']],
    ['attribute names', { attributes: { title: 'x' } }, ['attributes']],
    ['invalid options', { linking: 'maybe', oidc: { issuer: null } }, ['linking', 'oidc.issuer']],
    ['a prototype', JSON.parse('{"__proto__":{"enabled":false}}'), ['__proto__']],
    ['a nested prototype', JSON.parse('{"oidc":{"__proto__":{"clientSecret":"x"}}}'), ['oidc.__proto__']],
  ])('refuses %s', async (_, patch, options) => {
    const before = await group.stored().findOne()
    const { reason, details } = await refusal(app.editor.update('acme', patch, 1))
    expect([reason, details.problems!.map(({ option }) => option)]).toEqual(['invalid', options])
    expect(await group.stored().findOne()).toEqual(before)
  })

  it('keeps attribute names that it can’t set, and refuses only changes to them', async () => {
    const attributes = { title: 'jobTitle' }
    const change = { $set: { 'config.attributes': attributes, version: 2 } }
    await group.stored().updateOne({}, change)
    await app.editor.refresh()
    expect((await app.editor.update('acme', { label: 'New' }, 2)).source.config).toMatchObject({ attributes })
    expect((await app.editor.update('acme', { attributes }, 3)).source.version).toBe(4)
    for (const changed of [{ title: 'role' }, { title: null }, null, { department: 'dept' }]) {
      const { reason, details } = await refusal(app.editor.update('acme', { attributes: changed }, 4))
      expect([reason, details.problems!.map(({ option }) => option)]).toEqual(['invalid', ['attributes']])
    }
    expect(app.editor.get('acme')).toMatchObject({ version: 4, config: { label: 'New', attributes } })
  })

  it('refuses the second of two admins, with the stored version, and loses nothing', async () => {
    const other = await group.instance()
    await other.editor.update('acme', { label: 'First' }, 1)
    const { reason, status, details } = await refusal(app.editor.update('acme', { label: 'Second' }, 1))
    expect([reason, status]).toEqual(['stale', 409])
    expect(details.current).toMatchObject({ version: 2, config: { label: 'First' } })
    expect(app.editor.get('acme').config.label).toBe('First')
  })

  it('accepts one of many admins who save at the same moment', async () => {
    const other = await group.instance()
    const edits = Array.from({ length: 10 }, (_, i) =>
      (i % 2 ? app : other).editor.update('acme', { label: `Admin ${i}` }, 1),
    )
    const settled = await Promise.allSettled(edits)
    const refused = settled.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
    expect(refused).toHaveLength(9)
    refused.forEach((one) => expect(one).toMatchObject({ reason: 'stale' }))
    expect(await group.stored().findOne()).toMatchObject({ version: 2 })
  })

  it('finds a source that another instance added a moment ago', async () => {
    const other = await group.instance()
    // Else it could look for edits just now.
    internalsOf(app.jit).refresh!.close()
    await other.editor.create(entered({ id: 'fresh' }))
    expect(() => app.editor.get('fresh')).toThrow(expect.objectContaining({ code: 'unknown_source' }))
    expect((await app.editor.update('fresh', { label: 'Seen' }, 1)).source.config.label).toBe('Seen')
  })

  it('refuses a source that was deleted or never existed', async () => {
    const other = await group.instance()
    await other.editor.delete('acme')
    await expect(app.editor.update('acme', {}, 1)).rejects.toMatchObject({ code: 'unknown_source' })
    await expect(app.editor.update('nope', {}, 1)).rejects.toMatchObject({ code: 'unknown_source' })
  })
})

describe('deleting a source', () => {
  beforeEach(() => app.editor.create(entered()))

  it('removes it at once', async () => {
    await app.editor.delete('acme')
    await expect(app.jit.login('acme', annByClaims())).rejects.toMatchObject({ code: 'unknown_source' })
    expect(await group.stored().countDocuments()).toBe(0)
  })

  it('reports how many users are linked, and then requires the id', async () => {
    expect(await linked('acme')).toEqual([0])
    await app.jit.login('acme', annByClaims())
    await app.jit.login('acme', annByClaims({ email: 'bo@corp.example' }, { subject: 'bo-1' }))
    await app.jit.login('okta', ann({ email: 'cy@corp.example' }, { subject: 'cy-1' }))
    for (const confirm of [undefined, '', 'Acme', 'okta']) {
      expect(await refusal(app.editor.delete('acme', confirm))).toMatchObject({
        reason: 'linked_users',
        status: 409,
        details: { linkedUsers: 2 },
      })
    }
    await app.editor.delete('acme', 'acme')
    expect(() => app.editor.get('acme')).toThrow(expect.objectContaining({ code: 'unknown_source' }))
  })

  it('counts the users of all sources with one indexed query, at most once a minute', async () => {
    const { devMongo } = group.mongo
    const plans: unknown[] = []
    devMongo?.on('command', ({ name, collection, plan }) => {
      if (collection === 'users' && name === 'aggregate') plans.push(plan)
    })
    await app.jit.login('acme', annByClaims())
    await app.jit.login('okta', ann({ email: 'cy@corp.example' }, { subject: 'cy-1' }))
    expect(await linked('acme', 'okta', 'other')).toEqual([1, 1, 0])
    await app.jit.login('acme', annByClaims({ email: 'bo@corp.example' }, { subject: 'bo-1' }))
    expect(await linked('okta', 'acme')).toEqual([1, 1])
    expect(plans).toEqual(devMongo ? ['IXSCAN'] : [])
  })

  it('counts a user with two identities at a source once', async () => {
    const identity = { issuer: 'https://idp.example', linkedAt: new Date() }
    await app.User.collection.insertMany([
      {
        identities: [
          { ...identity, source: 'acme', subject: '1' },
          { ...identity, source: 'acme', subject: '2' },
          { ...identity, source: 'okta', subject: '3' },
        ],
      },
      { identities: [{ ...identity, source: 'acme', subject: '4' }] },
      { identities: [] },
    ])
    expect(await linked('acme', 'okta')).toEqual([2, 1])
  })

  async function linked(...ids: string[]): Promise<(number | undefined)[]> {
    const counts = await app.editor.linkedUsers(ids)
    return ids.map((id) => counts.get(id))
  }
})

describe('sources in code', () => {
  it('are shown without their secrets, and are read-only', async () => {
    const other = await group.instance({ inCode: [samlWithKeys()] })
    const shown = other.editor.get('adfs')
    expect(shown).toMatchObject({ origin: 'code', secrets: ['saml.privateKey', 'saml.decryptionPvk'] })
    expect(shown.version).toBeUndefined()
    expect(JSON.stringify(other.editor.list())).not.toContain('hush')
    const edits = [other.editor.update('adfs', { label: 'x' }, 1), other.editor.delete('adfs', 'adfs')]
    for (const edit of edits) {
      expect(await refusal(edit)).toMatchObject({ reason: 'read_only', status: 409 })
    }
  })

  it('are the only ones without mongoSources()', async () => {
    const connection = await createConnection(group.mongo.uri).asPromise()
    const schema = new Schema(companySchema).plugin(jitUser, { fields: companyFields })
    const jit = createJit({
      userModel: connection.model('User', schema),
      baseUrl: 'https://app.example/sso',
      sources: [source()],
    })
    expect(await refusal(internalsOf(jit).editor.create(entered()))).toMatchObject({ reason: 'no_database' })
    expect(() => jit.strategy('later')).toThrow(expect.objectContaining({ code: 'unknown_source' }))
    await connection.close()
  })
})
