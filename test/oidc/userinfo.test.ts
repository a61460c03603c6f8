import type { Bends, Json, Reply } from '../helpers/oidc-hostile'
import { cut, json, makeKey, text } from '../helpers/oidc-hostile'
import { standardMapping } from '../helpers/oidc-app'
import { oidcSetup, refused, signedIn } from '../helpers/oidc-setup'

const { app, provider, signIn, clientSecret } = oidcSetup()

const custom = (...attributes: string[]): typeof standardMapping => [
  ...standardMapping,
  ...attributes.map((attribute) => ({ path: attribute, label: attribute, attribute, required: false })),
]

/** An ID token with only the subject, from a provider that sends claims in UserInfo. */
function bare({
  email: _email,
  email_verified: _verified,
  given_name: _given,
  family_name: _family,
  ...rest
}: Json) {
  return rest
}

/** The assertion of a sign-in with these extra claims in the ID token, and these in UserInfo. */
async function assertionOf(idToken: Json, userInfo?: Json) {
  provider.bend = { claims: (claims) => ({ ...bare(claims), ...idToken }), userInfo }
  expect(await signIn()).toEqual(signedIn)
  return app.assertions.at(-1)!
}

describe('UserInfo', () => {
  it('is not requested if the ID token has every mapped claim', async () => {
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
  })

  it('is requested, with the access token, for a mapped claim missing from the ID token', async () => {
    app.mapping = custom('department')
    provider.bend = { userInfo: { department: 'Sales', given_name: 'Other' } }
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toMatchObject([
      { method: 'GET', authorization: 'Bearer the-access-token' },
    ])
    expect(app.assertions[0]?.attributes).toMatchObject({ department: 'Sales', given_name: 'Alice' })
  })

  it('is requested for a claim that is null in the ID token, and provides it', async () => {
    provider.bend = {
      claims: (claims) => ({ ...claims, given_name: null }),
      userInfo: { given_name: 'Alice' },
    }
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions[0]?.attributes).toMatchObject({ given_name: 'Alice' })
  })

  it('isn’t requested if the ID token has one of a claim’s names', async () => {
    app.mapping = [{ ...custom('upn').at(-1)!, alternatives: ['given_name'] }]
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
  })

  it('may use any of a claim’s names, and vouches only for the claim email', async () => {
    const email = { ...standardMapping[0]!, attribute: 'work.mail', alternatives: ['email', 'upn'] }
    app.mapping = [...standardMapping.slice(1), email]
    const own = { given_name: 'A', family_name: 'B', email_verified: true }
    const read = async (more: Json): Promise<unknown> => {
      const { attributes, emailVerified } = await assertionOf({}, { ...own, ...more })
      return [attributes['work.mail'], attributes['email'], attributes['upn'], emailVerified]
    }
    const at = 'a@corp.example'
    expect(await read({ upn: at })).toEqual([undefined, undefined, at, undefined])
    expect(await read({ upn: at, email: at })).toEqual([undefined, at, at, true])
    expect(await read({ upn: at, email: '' })).toEqual([undefined, '', at, undefined])
    expect(await read({ work: { mail: at }, email: 'b@corp.example' })).toEqual([
      at,
      'b@corp.example',
      undefined,
      undefined,
    ])
    expect(await read({ work: { mail: at }, email: at })).toEqual([at, at, undefined, true])
  })

  it('is not requested if the provider has none', async () => {
    app.mapping = custom('department')
    provider.bend = { discovery: (document) => ({ ...document, userinfo_endpoint: undefined }) }
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
  })

  const use = (oidc: object, rest: object = {}): void =>
    app.use('idp', { issuer: provider.issuer, clientSecret, ...oidc }, rest)

  it.each([
    ['nothing but the identifier', { provisioning: false, syncing: false }, false],
    ['a selection that lacks the field', { fields: { provision: ['email'], sync: ['email'] } }, false],
    ['the field at the first sign-in', { syncing: false }, true],
    ['the field at later ones', { provisioning: false }, true],
    [
      'the field as an identifier',
      { provisioning: false, syncing: false, identifiers: ['department'] },
      true,
    ],
  ])('is requested only if needed when the source uses %s', async (_title, rest, asked) => {
    app.mapping = custom('department')
    use({}, rest)
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toHaveLength(asked ? 1 : 0)
  })

  it('is requested for the email if the source has domains', async () => {
    provider.bend = { claims: bare, userInfo: { email: 'alice@example.com' } }
    const rest = { provisioning: false, syncing: false, identifiers: ['employeeNumber'] }
    use({}, rest)
    await signIn()
    expect(provider.requests('/userinfo')).toHaveLength(0)
    use({}, { ...rest, domains: ['example.com'] })
    await signIn()
    expect(provider.requests('/userinfo')).toHaveLength(1)
  })

  it('is requested always or never, as the source’s userInfo option says', async () => {
    use({ userInfo: 'always' })
    provider.bend = { userInfo: { nickname: 'Al' } }
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions.at(-1)?.attributes).toMatchObject({ nickname: 'Al' })
    app.mapping = custom('department')
    use({ userInfo: 'never' })
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toHaveLength(1)
    expect(app.assertions.at(-1)).not.toHaveProperty('unreadable')
  })

  it('refuses the sign-in if its subject differs, even if no claim is needed', async () => {
    use({ userInfo: 'always' })
    provider.bend = { userInfo: { sub: 'bob' } }
    expect(await signIn()).toEqual(refused('userinfo_sub'))
    provider.bend = { userInfo: { sub: undefined } }
    const ending = await signIn()
    expect(ending).toEqual(refused('userinfo_sub'))
    expect(ending.message).toContain('UserInfo has no subject (sub)')
  })

  it.each([
    ['answers with an error', json({ error: 'invalid_token' }, 401), 'UserInfo answered with status 401'],
    [
      'redirects',
      (res) => void res.writeHead(302, { Location: '/' }).end(),
      'UserInfo answered with status 302',
    ],
    ['sends a page', text('<html>'), 'UserInfo sent no JSON object'],
    ['cuts the connection', cut(), 'UserInfo could not be reached (the connection broke off)'],
  ] as [string, Reply, string][])(
    'leaves its claims unread and reports why if it %s',
    async (_title, userinfo, why) => {
      app.mapping = custom('department')
      provider.bend = { reply: { userinfo } }
      expect(await signIn()).toEqual(signedIn)
      expect(app.assertions[0]).toMatchObject({ unreadable: `could not be fetched: ${why}` })
      expect(app.reports).toEqual([])
    },
  )

  it('can’t be requested without an access token, and the message says so', async () => {
    app.mapping = custom('department')
    provider.bend = {
      claims: ({ at_hash: _hash, ...claims }) => claims,
      tokens: ({ access_token: _token, ...tokens }) => json(tokens),
    }
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions[0]?.unreadable).toContain('no access token')
  })

  describe('when signed', () => {
    const claims = { sub: 'alice', email: 'alice@example.com', given_name: 'Alice', family_name: 'Adams' }
    const signed = (bend: () => Promise<string> | string): Bends => ({
      claims: bare,
      reply: {
        userinfo: (res) => {
          void Promise.resolve(bend()).then((jwt) => text(jwt, 'application/jwt; charset=utf-8')(res))
        },
      },
    })

    it('is verified with the provider’s keys', async () => {
      provider.bend = signed(() => provider.sign({ ...claims, iss: provider.issuer, aud: ['app'] }))
      expect(await signIn()).toEqual(signedIn)
      expect(app.assertions[0]?.attributes).toMatchObject({ email: 'alice@example.com' })
    })

    it('is left unread if the provider’s keys are unavailable', async () => {
      expect(await signIn()).toEqual(signedIn)
      provider.bend = signed(async () => provider.sign(claims, {}, await makeKey()))
      provider.bend.reply!.jwks = cut()
      expect(await signIn()).toEqual(signedIn)
      expect(app.assertions.at(-1)).toMatchObject({
        unreadable: 'could not be fetched: the signed UserInfo could not be verified',
      })
    })
  })
})

describe('claims', () => {
  it('are found by their literal name, then as a dotted path; a URL is never split', async () => {
    app.mapping = custom('address.locality', 'job.title', 'https://example.com/team', 'a.b.c', 'x://y.z')
    const { attributes } = await assertionOf({
      address: { locality: 'Paris' },
      'job.title': 'Engineer',
      job: { title: 'Ignored' },
      'https://example.com/team': 'Core',
      'https://example': { 'com/team': 'Ignored' },
      a: { 'b.c': 'not found', b: 'text' },
      'x://y': { z: 'not found' },
    })
    expect(attributes).toMatchObject({
      'address.locality': 'Paris',
      'job.title': 'Engineer',
      'https://example.com/team': 'Core',
    })
    expect(attributes).not.toHaveProperty(['a.b.c'])
    expect(attributes).not.toHaveProperty(['x://y.z'])
  })

  it('come from the ID token first, even if UserInfo has the literal name', async () => {
    app.mapping = custom('address.locality', 'department')
    const { attributes } = await assertionOf(
      { address: { locality: 'Paris' } },
      { 'address.locality': 'Rome', department: 'Sales' },
    )
    expect(attributes).toMatchObject({ 'address.locality': 'Paris', department: 'Sales' })
  })

  it('arrive under their own names if they are not mapped, with objects unchanged', async () => {
    const { attributes } = await assertionOf({ Given_Name: 'A', nested: { x: 1 } }, { FAMILY_NAME: 'B' })
    expect(attributes).toMatchObject({ Given_Name: 'A', nested: { x: 1 }, FAMILY_NAME: 'B' })
  })

  it('keep falsy values and types', async () => {
    app.mapping = custom('zero', 'no', 'empty', 'list')
    const values = { zero: 0, no: false, empty: '', list: ['a', 1] }
    expect((await assertionOf(values, { zero: 1, no: true, empty: 'x' })).attributes).toMatchObject(values)
  })

  it('are never read from a prototype, and never change one', async () => {
    app.mapping = custom(
      'constructor',
      'toString',
      'constructor.name',
      '__proto__',
      '__proto__.polluted',
      'list.length',
    )
    const json = JSON.parse('{"__proto__": {"polluted": "yes"}, "list": ["a"]}') as Json
    provider.bend = {
      claims: bare,
      reply: { userinfo: text(`{"sub":"alice",${JSON.stringify(json).slice(1)}`) },
    }
    expect(await signIn()).toEqual(signedIn)
    const { attributes } = app.assertions[0]!
    expect(Object.getPrototypeOf(attributes)).toBeNull()
    expect(Object.keys(attributes)).not.toEqual(expect.arrayContaining(['constructor']))
    expect(Object.keys(attributes)).not.toContain('toString')
    expect(Object.keys(attributes)).not.toContain('list.length')
    expect(Object.getOwnPropertyDescriptor(attributes, '__proto__')?.value).toEqual({ polluted: 'yes' })
    expect(attributes['__proto__.polluted']).toBe('yes')
    expect(({} as Json)['polluted']).toBeUndefined()
  })
})

describe('email_verified', () => {
  const email = 'alice@example.com'
  const cases: [title: string, idToken: Json, userInfo: Json | undefined, expected: boolean | undefined][] = [
    ['true next to the email verifies it', { email, email_verified: true }, undefined, true],
    ['false next to the email denies it', { email, email_verified: false }, undefined, false],
    ['without a value leaves it open', { email }, undefined, undefined],
    ['the string "true" leaves it open', { email, email_verified: 'true' }, undefined, undefined],
    ['the number 1 leaves it open', { email, email_verified: 1 }, undefined, undefined],
    ['the string "false" denies it', { email, email_verified: 'false' }, undefined, false],
    ['true in UserInfo, next to the email, verifies it', {}, { email, email_verified: true }, true],
    [
      'true in UserInfo is ignored if the email is in the ID token',
      { email },
      { email, email_verified: true },
      undefined,
    ],
    [
      'true in the ID token is ignored if the email is in UserInfo',
      { email_verified: true },
      { email },
      undefined,
    ],
    [
      'true in UserInfo, next to the email, verifies it even if the ID token says false',
      { email_verified: false },
      { email, email_verified: true },
      true,
    ],
    ['true is ignored without an email', { email_verified: true }, { email_verified: true }, undefined],
  ]
  it.each(cases)('%s', async (_title, idToken, userInfo, expected) => {
    const assertion = await assertionOf(idToken, userInfo)
    expect(assertion.emailVerified).toBe(expected)
  })

  it('does not verify an email read from another claim, unless both are equal', async () => {
    app.mapping = [{ ...standardMapping[0]!, attribute: 'upn' }]
    const chosen = { upn: 'boss@example.com', email, email_verified: true }
    expect((await assertionOf(chosen)).emailVerified).toBeUndefined()
    expect((await assertionOf({ ...chosen, upn: email })).emailVerified).toBe(true)
    expect((await assertionOf({ ...chosen, email_verified: false })).emailVerified).toBe(false)
  })
})
