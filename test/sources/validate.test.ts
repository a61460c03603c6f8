import { createConnection, type Model, Schema } from 'mongoose'
import { createJit, jitUser, type JitOptions, type SourceConfig } from '../../src'
import { makeCatalog } from '../../src/fields/catalog'
import { validateSource } from '../../src/sources/validate'
import { certificate, companyFields, companySchema, source } from '../helpers/company'
import { testMongo } from '../helpers/mongo'

const fields = makeCatalog(new Schema(companySchema), { fields: companyFields })
const baseUrl = 'https://app.example/sso'
const saml = source().saml!
const privateKey = '-----BEGIN EC PRIVATE KEY-----\nhush\n-----END EC PRIVATE KEY-----'
const oidc = { issuer: 'https://op.example', clientID: 'app' }
const check = (config: unknown): { source?: object; problems?: string[] } => {
  const { source: made, problems } = validateSource(config, fields, baseUrl)
  return { source: made, problems: problems?.map(({ option, message }) => `${option}: ${message}`) }
}

describe('a source', () => {
  it('gets every default and is frozen, and the app’s object is not changed', () => {
    const given: SourceConfig = {
      id: 'okta',
      protocol: 'saml',
      saml: { ...saml },
      domains: ['BÜCHER.example'],
      set: { tags: ['new'] },
    }
    const before = structuredClone(given)
    const made = check(given).source!
    expect(made).toEqual({
      id: 'okta',
      label: 'okta',
      protocol: 'saml',
      enabled: true,
      identifiers: ['email'],
      provisioning: false,
      syncing: false,
      fields: { provision: 'all', sync: 'all' },
      attributes: {},
      set: { tags: ['new'] },
      linking: 'verified',
      enforced: false,
      domains: ['xn--bcher-kva.example'],
      onAbsent: 'keep',
      onEmpty: 'clear',
      saml: { ...saml, issuer: `${baseUrl}/okta/metadata`, callbackUrl: `${baseUrl}/okta/callback` },
    })
    expect(Object.isFrozen(given.set!['tags'])).toBe(false)
    expect([Object.isFrozen(made), Object.isFrozen(given), Object.isFrozen(given.domains)]).toEqual([
      true,
      false,
      false,
    ])
    expect(given).toEqual(before)
  })

  it.each([
    [undefined, 'openid profile email'],
    ['groups', 'openid groups'],
    ['openid openid', 'openid'],
    [['email', 'openid'], 'openid email'],
    ['', 'openid'],
  ])('requests openid exactly once (%p)', (scope, expected) => {
    expect(check({ id: 'a', protocol: 'oidc', oidc: { ...oidc, scope } }).source).toMatchObject({
      oidc: { scope: expected },
    })
  })

  it.each<[string, object, string]>([
    [
      'a misspelled option',
      { provisoning: true },
      "provisoning: there is no such option; did you mean 'provisioning'?",
    ],
    [
      'a misspelled protocol option',
      { saml: { ...saml, entrypoint: 'x' } },
      "saml.entrypoint: there is no such option; did you mean 'entryPoint'?",
    ],
    ['an id that is not URL-safe', { id: 'a/b' }, 'id: must be 1 to 64 letters'],
    ['a missing protocol', { protocol: undefined }, 'protocol: '],
    ['an unknown protocol', { protocol: 'ldap' }, 'protocol: must be one of saml, oidc'],
    ['missing protocol options', { saml: undefined }, 'saml: missing'],
    ['options of the other protocol', { oidc }, "oidc: this source's protocol is saml; remove these options"],
    ['a missing certificate', { saml: { ...saml, idpCert: undefined } }, 'saml.idpCert'],
    ['an invalid certificate', { saml: { ...saml, idpCert: 'abc' } }, 'saml.idpCert'],
    ['a missing issuer', { saml: { ...saml, idpIssuer: undefined } }, 'saml.idpIssuer: missing'],
    [
      'half a key pair',
      { saml: { ...saml, publicCert: certificate } },
      'give privateKey and publicCert together',
    ],
    [
      'an option that would turn off a check',
      { saml: { ...saml, validateInResponseTo: 'never' } },
      'saml.validateInResponseTo: cannot be set; every answer is checked',
    ],
    [
      'an unknown identifier',
      { identifiers: ['title'] },
      "identifiers: there is no login identifier 'title' (there are email, employeeNumber)",
    ],
    ['no identifier', { identifiers: [] }, 'identifiers: name at least one'],
    [
      'an unknown field',
      { fields: { sync: ['titel'] } },
      "fields.sync: there is no field 'titel'; did you mean 'title'?",
    ],
    [
      'an attribute name for an unknown field',
      { attributes: { nope: 'x' } },
      "attributes: there is no field 'nope'",
    ],
    [
      'two fields with one attribute name',
      { attributes: { title: 'department' } },
      "title and department share the attribute name 'department'",
    ],
    ['a domain with a wildcard', { domains: ['*.corp.example'] }, 'domains.0: must be a domain name'],
    ['a domain with a trailing dot', { domains: ['corp.example.'] }, 'domains.0: must be a domain name'],
    [
      'a repeated identifier',
      { identifiers: ['email', 'email'] },
      'identifiers: name each login identifier once',
    ],
    ['an invalid domain', { domains: ['a b'] }, 'domains.0: must be a domain name'],
    ['a toggle that is not a boolean', { provisioning: 'yes' }, 'provisioning: must be of type boolean'],
    [
      'a parameter name with markup',
      { saml: { ...saml, additionalParams: { 'a"><script>': '1' } } },
      'saml.additionalParams: must have names of letters',
    ],
    [
      'a password in a URL',
      { saml: { ...saml, entryPoint: 'https://app:hush@idp.example/sso' } },
      'saml.entryPoint: must not hold a user name or password',
    ],
    [
      'a private key next to a certificate',
      { saml: { ...saml, idpCert: [certificate, `${certificate}\n${privateKey}`] } },
      'saml.idpCert.1: contains a private key; remove the key',
    ],
    [
      'a private key instead of a certificate',
      { saml: { ...saml, privateKey, publicCert: privateKey } },
      'saml.publicCert: contains a private key',
    ],
    ['a private key as a label', { label: privateKey }, 'label: contains a private key'],
    [
      'a private key as an identifier',
      { identifiers: [privateKey] },
      'identifiers.0: contains a private key',
    ],
  ])('is refused with %s', (_, wrong, problem) => {
    const { problems = [] } = check({ ...source(), ...wrong })
    expect(problems.join('\n')).toContain(problem)
    expect(problems.join('\n')).not.toContain('hush')
  })

  it.each<[string, object, string]>([
    ['linking', { linking: 'sometimes' }, "must be one of never, verified, trusted (got 'sometimes')"],
    ['onEmpty', { onEmpty: true }, 'must be one of keep, clear (got true)'],
    ['protocol', { protocol: 'ldap' }, "must be one of saml, oidc (got 'ldap')"],
    ['syncing', { syncing: 'sometimes' }, "must be of type boolean (got 'sometimes')"],
    ['enabled', { enabled: 1 }, 'must be of type boolean (got 1)'],
    [
      'fields.sync',
      { fields: { sync: 'some' } },
      "must be one of all, or must be of type array (got 'some')",
    ],
    [
      'saml.authnRequestBinding',
      { saml: { ...saml, authnRequestBinding: 'HTTP-Artifact' } },
      "must be one of HTTP-Redirect, HTTP-POST (got 'HTTP-Artifact')",
    ],
    [
      'onAbsent',
      { onAbsent: 'Xy8~a-text-as-long-as-client-secrets-are' },
      'must be one of keep, clear (got a string of 40 characters)',
    ],
    ['saml.privateKey', { saml: { ...saml, privateKey: 'hush' } }, '(got a string of 4 characters)'],
    ['saml.idpCert', { saml: { ...saml, idpCert: 'hush' } }, '(got a string of 4 characters)'],
  ])('shows the given value only if the option has a fixed set of values: %s', (option, wrong, said) => {
    const { problems = [] } = check({ ...source(), ...wrong })
    expect(problems).toContainEqual(expect.stringMatching(new RegExp(`^${option}: `)))
    expect(problems.join('\n')).toContain(said)
    expect(problems.join('\n')).not.toContain('hush')
  })

  it('accepts a private authority as PEM, with one or more certificates', () => {
    const two = `${certificate}\n${certificate}`
    for (const ca of [certificate, two]) {
      expect(check({ ...source(), saml: { ...saml, ca } }).problems).toBeUndefined()
      expect(check({ id: 'a', protocol: 'oidc', oidc: { ...oidc, ca } }).problems).toBeUndefined()
    }
    const wrong = ['abc', certificate.replace(/-----[^-]+-----|\s/g, ''), certificate.replace('MII', 'XXX')]
    for (const ca of wrong)
      expect(check({ ...source(), saml: { ...saml, ca } }).problems).toEqual([
        expect.stringMatching(/^saml\.ca: must /),
      ])
  })

  it('reports all its problems at once', () => {
    const { problems } = check({
      id: 'a',
      protocol: 'oidc',
      identifiers: ['shoeSize'],
      oidc: {},
      domains: ['a b'],
    })
    expect(problems).toEqual([
      'domains.0: must be a domain name (got a string of 3 characters)',
      'oidc.issuer: missing',
      'oidc.clientID: missing',
      "identifiers: there is no login identifier 'shoeSize' (there are email, employeeNumber)",
    ])
    expect(check({ id: 'a', protocol: 'oidc', identifiers: ['shoeSize'], oidc: {} }).problems).toHaveLength(3)
    expect(check({ ...source(), saml: { ...saml, idpCert: undefined } }).problems).toEqual([
      'saml.idpCert: missing',
    ])
  })

  it('is refused over http unless the issuer is on loopback', () => {
    const issuer = (url: string): unknown =>
      check({ id: 'a', protocol: 'oidc', oidc: { ...oidc, issuer: url } }).problems
    expect(issuer('http://op.example')).toHaveLength(1)
    expect(issuer('http://127.0.0.1.evil.example')).toHaveLength(1)
    for (const url of ['http://localhost:1', 'http://127.0.0.1:1', 'http://[::1]:1'])
      expect(issuer(url)).toBeUndefined()
  })

  it('never shows a value in a problem', () => {
    const { problems = [] } = check({
      id: 'a',
      protocol: 'oidc',
      oidc: { issuer: 'https://op.example', clientID: 'app', clientSecret: 7_777_777, scope: 9 },
    })
    expect(problems.join()).not.toContain('7777777')
  })
})

describe('ready()', () => {
  it('rejects with every problem at once, each with its source', async () => {
    const mongo = await testMongo()
    const connection = await createConnection(mongo.uri).asPromise()
    const userModel = connection.model(
      'User',
      new Schema(companySchema).plugin(jitUser, { fields: companyFields }),
    )
    const jit = createJit({
      userModel,
      baseUrl,
      sources: [
        source(),
        source({ identifiers: ['nope'] }),
        source({ id: 'x y' }),
        source(),
        {} as SourceConfig,
      ],
    })
    const error = await jit.ready().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ name: 'JitError', code: 'invalid_configuration' })
    const { problems } = (error as { details: { problems: string[] } }).details
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(["source 'okta'", "source 'x y'", 'a source without an id']),
    )
    expect(problems.join('\n')).toContain('another source has the same id')
    problems.forEach((problem) => expect((error as Error).message).toContain(problem))
    await connection.close()
    await mongo.close()
  })

  it('names missing indexes if the app creates its own, and users that prevent a unique one', async () => {
    const mongo = await testMongo()
    const connection = await createConnection(mongo.uri).asPromise()
    const fields = { ...companyFields, manager: { ref: 'email' } }
    const schema = (autoIndex: boolean): Schema =>
      new Schema({ ...companySchema, manager: 'ObjectId' }, { autoIndex }).plugin(jitUser, { fields })
    const own = createJit({ userModel: connection.model('Own', schema(false)), baseUrl, sources: [source()] })
    const missing = await own.ready().catch((error: Error) => error.message)
    expect(missing).toContain('the unique index on identities')
    expect(missing).toContain('no unique index on email')
    expect(missing).toContain('no index on jitReferences.manager.value')

    await connection.collection('twins').insertMany([{ email: 'a@b.example' }, { email: 'a@b.example' }])
    const twins = createJit({
      userModel: connection.model('Twin', schema(true)),
      baseUrl,
      sources: [source()],
    })
    const message = await twins.ready().catch((error: Error) => error.message)
    expect(message).toContain('two users have the same email')
    expect(message).not.toContain('a@b.example')
    await connection.close()
    await mongo.close()
  })
})

const offline = { autoIndex: false, autoCreate: false }
const offlineModel = (): Model<unknown> =>
  createConnection().model(
    'User',
    new Schema(companySchema, offline).plugin(jitUser, { fields: companyFields }),
  ) as never

describe('createJit', () => {
  it.each(['', '/sso', 'ftp://app.example', 'https://app.example/sso?x=1'])(
    'refuses the base URL %p',
    (wrong) => {
      const userModel = offlineModel()
      expect(() => createJit({ userModel, baseUrl: wrong, sources: [] })).toThrow('baseUrl')
    },
  )

  it('lists every wrong option at once, with the closest valid name', () => {
    const wrong = { baseURL: 'https://app.example', isactive: () => true, isActive: true, sources: {} }
    const attempt = (): unknown => createJit(wrong as never)
    expect(attempt).toThrow(expect.objectContaining({ code: 'invalid_configuration' }))
    for (const part of [
      "baseURL: there is no such option; did you mean 'baseUrl'?",
      "did you mean 'isActive'?",
      'userModel: must',
      'baseUrl: must',
      'sources: must',
      'isActive: must',
    ]) {
      expect(attempt).toThrow(part)
    }
  })

  it('refuses a model without the plugin', () => {
    const userModel = createConnection().model('User', new Schema(companySchema, offline))
    expect(() => createJit({ userModel, baseUrl, sources: [] } as JitOptions)).toThrow('does not use jitUser')
  })

  it('refuses a model compiled before the plugin was applied', () => {
    const schema = new Schema(companySchema, offline)
    const userModel = createConnection().model('User', schema)
    schema.plugin(jitUser, { fields: companyFields })
    expect(() => createJit({ userModel, baseUrl, sources: [] })).toThrow('before the model is made')
  })

  it('suggests the closest router option', () => {
    const jit = createJit({ userModel: offlineModel(), baseUrl, sources: [] })
    expect(() => jit.router({ succesRedirect: '/' } as never)).toThrow("did you mean 'successRedirect'?")
    const misspelt = { authorize: () => true, layuot: () => '' }
    expect(() => jit.adminRouter(misspelt)).toThrow("did you mean 'layout'?")
  })

  it('describes a source to the admin', () => {
    const userModel = offlineModel()
    const jit = createJit({
      userModel,
      baseUrl: `${baseUrl}/`,
      sources: [
        source({ provisioning: false, fields: { sync: ['title'] } }),
        { id: 'op', protocol: 'oidc', oidc },
      ],
    })
    const details = jit.source('okta')
    expect(details).toMatchObject({ provisioning: false, syncing: true, requiredFields: [] })
    expect(details.fieldMapping.find(({ path }) => path === 'custom.skills')).toEqual({
      path: 'custom.skills',
      label: 'Skills',
      attribute: 'skills',
      alternatives: [],
      kind: 'custom',
      type: 'string[]',
      required: false,
      identifier: false,
      provision: false,
      sync: false,
    })
    expect(details.fieldMapping.filter(({ sync }) => sync).map(({ path }) => path)).toEqual(['title'])
    expect(jit.source('op').configuration[0]).toEqual({
      name: 'Redirect URI',
      value: `${baseUrl}/op/callback`,
    })
    expect(() => jit.source('nope')).toThrow(expect.objectContaining({ code: 'unknown_source' }))
    expect(() => jit.strategy('nope')).toThrow(expect.objectContaining({ code: 'unknown_source' }))
  })
})
