import type { Bends, Json } from '../helpers/oidc-hostile'
import { cut, makeKey, text } from '../helpers/oidc-hostile'
import { standardMapping } from '../helpers/oidc-app'
import { oidcSetup, signedIn, unavailable } from '../helpers/oidc-setup'

const { app, provider, signIn } = oidcSetup()

const custom = (...attributes: string[]): typeof standardMapping => [
  ...standardMapping,
  ...attributes.map((attribute) => ({ path: attribute, label: attribute, attribute, required: false })),
]

/** An ID token with the subject alone, as of a provider that keeps claims for UserInfo. */
function bare({
  email: _email,
  email_verified: _verified,
  given_name: _given,
  family_name: _family,
  ...rest
}: Json) {
  return rest
}

/** A sign-in's assertion; what is at UserInfo, and what the ID token has beside the subject. */
async function assertionOf(idToken: Json, userInfo?: Json) {
  provider.bend = { claims: (claims) => ({ ...bare(claims), ...idToken }), userInfo }
  expect(await signIn()).toEqual(signedIn)
  return app.assertions.at(-1)!
}

describe('UserInfo', () => {
  it('is not asked when the ID token has every mapped claim', async () => {
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
  })

  it('is asked, with the access token, for a mapped claim that the ID token lacks', async () => {
    app.mapping = custom('department')
    provider.bend = { userInfo: { department: 'Sales', given_name: 'Other' } }
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toMatchObject([
      { method: 'GET', authorization: 'Bearer the-access-token' },
    ])
    expect(app.assertions[0]?.attributes).toMatchObject({ department: 'Sales', given_name: 'Alice' })
  })

  it('is asked for a claim that is null in the ID token, and gives it', async () => {
    provider.bend = {
      claims: (claims) => ({ ...claims, given_name: null }),
      userInfo: { given_name: 'Alice' },
    }
    expect(await signIn()).toEqual(signedIn)
    expect(app.assertions[0]?.attributes).toMatchObject({ given_name: 'Alice' })
  })

  it('is not asked where the ID token has one of the names of a claim', async () => {
    app.mapping = [{ ...custom('upn').at(-1)!, alternatives: ['given_name'] }]
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
  })

  it('may have any of the names of a claim, and vouches for the claim email alone', async () => {
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

  it('is not asked where the provider has none', async () => {
    app.mapping = custom('department')
    provider.bend = { discovery: (document) => ({ ...document, userinfo_endpoint: undefined }) }
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/userinfo')).toEqual([])
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

    it('is verified with the keys of the provider', async () => {
      provider.bend = signed(() => provider.sign({ ...claims, iss: provider.issuer, aud: ['app'] }))
      expect(await signIn()).toEqual(signedIn)
      expect(app.assertions[0]?.attributes).toMatchObject({ email: 'alice@example.com' })
    })

    it('waits for the keys of a provider that is down', async () => {
      expect(await signIn()).toEqual(signedIn)
      provider.bend = signed(async () => provider.sign(claims, {}, await makeKey()))
      provider.bend.reply!.jwks = cut()
      expect(await signIn()).toEqual(unavailable)
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

  it('of the ID token win even where UserInfo holds the literal name', async () => {
    app.mapping = custom('address.locality', 'department')
    const { attributes } = await assertionOf(
      { address: { locality: 'Paris' } },
      { 'address.locality': 'Rome', department: 'Sales' },
    )
    expect(attributes).toMatchObject({ 'address.locality': 'Paris', department: 'Sales' })
  })

  it('that nobody mapped arrive under their own names, objects as they are', async () => {
    const { attributes } = await assertionOf({ Given_Name: 'A', nested: { x: 1 } }, { FAMILY_NAME: 'B' })
    expect(attributes).toMatchObject({ Given_Name: 'A', nested: { x: 1 }, FAMILY_NAME: 'B' })
  })

  it('keep falsy values and types', async () => {
    app.mapping = custom('zero', 'no', 'empty', 'list')
    const values = { zero: 0, no: false, empty: '', list: ['a', 1] }
    expect((await assertionOf(values, { zero: 1, no: true, empty: 'x' })).attributes).toMatchObject(values)
  })

  it('never come from a prototype, nor change one', async () => {
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
    ['true beside the address', { email, email_verified: true }, undefined, true],
    ['false beside the address', { email, email_verified: false }, undefined, false],
    ['absent', { email }, undefined, undefined],
    ['the string "true"', { email, email_verified: 'true' }, undefined, undefined],
    ['the number 1', { email, email_verified: 1 }, undefined, undefined],
    [
      'the string "false", which nobody should take for silence',
      { email, email_verified: 'false' },
      undefined,
      false,
    ],
    ['true at UserInfo, with the address', {}, { email, email_verified: true }, true],
    [
      'true at UserInfo, but the address is of the ID token',
      { email },
      { email, email_verified: true },
      undefined,
    ],
    ['true in the ID token, but the address is of UserInfo', { email_verified: true }, { email }, undefined],
    [
      'false in the ID token, true at UserInfo where the address is',
      { email_verified: false },
      { email, email_verified: true },
      true,
    ],
    ['true, but there is no address', { email_verified: true }, { email_verified: true }, undefined],
  ]
  it.each(cases)('%s', async (_title, idToken, userInfo, expected) => {
    const assertion = await assertionOf(idToken, userInfo)
    expect(assertion.emailVerified).toBe(expected)
  })

  it('does not vouch for an address that is taken from another claim, unless both are the same', async () => {
    app.mapping = [{ ...standardMapping[0]!, attribute: 'upn' }]
    const chosen = { upn: 'boss@example.com', email, email_verified: true }
    expect((await assertionOf(chosen)).emailVerified).toBeUndefined()
    expect((await assertionOf({ ...chosen, upn: email })).emailVerified).toBe(true)
    expect((await assertionOf({ ...chosen, email_verified: false })).emailVerified).toBe(false)
  })
})
