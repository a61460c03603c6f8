import { createSecretKey, sign as signBytes, type KeyObject } from 'node:crypto'
import { CompactSign, exportJWK, exportSPKI, SignJWT } from 'jose'
import type { AttackedApp } from '../helpers/oidc-attack'
import { attackedApp, clientSecret, manySources } from '../helpers/oidc-attack'
import { Browser } from '../helpers/oidc-browser'
import type { Bends, Json, SigningKey } from '../helpers/oidc-hostile'
import { accessTokenHash, json, makeKey, text } from '../helpers/oidc-hostile'

// Each test has its own source, so nothing is cached from another.
const { sources, fresh } = manySources(200)
let app: AttackedApp
let source: string
beforeAll(async () => {
  app = await attackedApp({ sources })
})
afterAll(() => app.close())
beforeEach(async () => {
  source = fresh()
  Object.assign(app.provider, { bend: {}, received: [], keys: [await makeKey()] })
  // An account to take over: that of the person in the provider's tokens.
  await app.User.deleteMany({})
  await app.User.create({ email: 'alice@example.com', firstName: 'Alice', lastName: 'Old' })
})

const now = (): number => Math.floor(Date.now() / 1000)
const key = (): SigningKey => app.provider.keys[0]!
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (alg: string, claims: Json, signature = ''): string =>
  `${base64({ alg, kid: key().kid })}.${base64(claims)}.${signature}`
const hmac = (claims: Json, secret: string | Uint8Array, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg, kid: key().kid }).sign(createSecretKey(Buffer.from(secret)))
/** Signed by the provider, under a header with these parameters; jose refuses to sign some of them. */
const withHeader = (header: object): Bends => ({
  sign: (claims) => {
    const signed = `${base64({ alg: 'ES256', kid: key().kid, ...header })}.${base64(claims)}`
    const by = { key: key().privateKey as KeyObject, dsaEncoding: 'ieee-p1363' as const }
    return `${signed}.${signBytes('sha256', Buffer.from(signed), by).toString('base64url')}`
  },
})
/** Signed with the attacker's key, under a header that offers it. */
const bringing = (header: (own: SigningKey) => object): Bends => ({
  sign: async (claims) => {
    const own = await makeKey('ES256', key().kid)
    return app.provider.sign(claims, header(own), own)
  },
})
/** A key set that replaces the provider's. */
const jwks = (make: (jwk: Json) => Json[] | Promise<Json[]>): Bends => ({
  reply: {
    jwks: (res) => void Promise.resolve(make({ ...key().jwk })).then((keys) => json({ keys })(res)),
  },
})
const claim = (change: Json): Bends => ({ claims: (claims) => ({ ...claims, ...change }) })

async function attack(check: string): Promise<void> {
  const before = await app.everything()
  const browser = new Browser()
  const outcome = await app.signIn(browser, source)
  expect(outcome).toMatchObject({ status: 403, code: 'invalid_assertion', errors: [] })
  expect(outcome.refused).toEqual([{ code: 'invalid_assertion', check }])
  expect(outcome.page.text).not.toMatch(new RegExp(`\\b${check}\\b(?!-)`))
  expect(await app.everything()).toBe(before)
  expect(await app.subjectsOf(browser)).toBeUndefined()
}

type Row = [title: string, check: string, bend: () => Bends]

describe('the signature of an ID token: refused', () => {
  const rows: Row[] = [
    ...['none', 'None', 'NONE', 'nOnE', '', ' none'].map((alg): Row => [
      `algorithm ${JSON.stringify(alg)}`,
      alg === '' ? 'id_token' : 'alg',
      () => ({ sign: (claims) => unsigned(alg, claims) }),
    ]),
    ['algorithm none with a signature', 'alg', () => ({ sign: (c) => unsigned('none', c, 'AAAA') })],
    ['no algorithm', 'id_token', () => ({ sign: (c) => `${base64({})}.${base64(c)}.AAAA` })],
    [
      'an algorithm that is not a string',
      'id_token',
      () => ({ sign: (c) => `${base64({ alg: ['ES256'] })}.${base64(c)}.AAAA` }),
    ],
    ['no signature', 'signature', () => ({ sign: (claims) => unsigned('ES256', claims) })],
    [
      'a signature of zeros',
      'signature',
      () => ({ sign: (c) => unsigned('ES256', c, Buffer.alloc(64).toString('base64url')) }),
    ],
    ['HS256 with the client secret', 'alg', () => ({ sign: (c) => hmac(c, clientSecret) })],
    ['HS512 with the client secret', 'alg', () => ({ sign: (c) => hmac(c, clientSecret, 'HS512') })],
    [
      'HS256 with the public key in PEM',
      'alg',
      () => ({ sign: async (c) => hmac(c, await exportSPKI(key().publicKey)) }),
    ],
    [
      'HS256 with the public key as a JWK',
      'alg',
      () => ({ sign: (c) => hmac(c, JSON.stringify(key().jwk)) }),
    ],
    ['HS256 with a zero byte as secret', 'alg', () => ({ sign: (c) => hmac(c, '\0') })],
    ["another key under the provider's key ID", 'signature', () => bringing(() => ({}))],
    ['an unknown key', 'signature', () => ({ sign: async (c) => app.provider.sign(c, {}, await makeKey()) })],
    ['a key in the token: jwk', 'signature', () => bringing(({ jwk }) => ({ jwk }))],
    ['a URL of a key: jku', 'signature', () => bringing(() => ({ jku: `${app.provider.issuer}/evil` }))],
    [
      'a URL of a certificate: x5u',
      'signature',
      () => bringing(() => ({ x5u: `${app.provider.issuer}/evil` })),
    ],
    ['a certificate in the token: x5c', 'signature', () => bringing(() => ({ x5c: ['MIIB'] }))],
    ['an unsupported critical header: crit', 'crit', () => withHeader({ crit: ['exp'], exp: 1 })],
    ['an unsupported critical header that is missing', 'crit', () => withHeader({ crit: ['x'] })],
    ['a critical header that is missing', 'id_token', () => withHeader({ crit: ['b64'] })],
    ['an empty list of critical headers', 'id_token', () => withHeader({ crit: [] })],
    ['an unencoded payload (RFC 7797)', 'id_token', () => withHeader({ b64: false, crit: ['b64'] })],
    ['an encryption key', 'signature', () => jwks((jwk) => [{ ...jwk, use: 'enc' }])],
    [
      'a key for other operations',
      'signature',
      () => jwks((jwk) => [{ ...jwk, use: undefined, key_ops: ['encrypt'] }]),
    ],
    ['a key for another algorithm', 'signature', () => jwks((jwk) => [{ ...jwk, alg: 'ES384' }])],
    ['a key of another type', 'signature', () => jwks((jwk) => [{ ...jwk, kty: 'RSA' }])],
    ['a key on another curve', 'signature', () => jwks((jwk) => [{ ...jwk, crv: 'P-384' }])],
    ['a key with another ID', 'signature', () => jwks((jwk) => [{ ...jwk, kid: 'other' }])],
    ['a key that is not on its curve', 'signature', () => jwks((jwk) => [{ ...jwk, x: jwk['y'] }])],
    ['a symmetric key', 'signature', () => jwks((jwk) => [{ kty: 'oct', k: 'c2VjcmV0', kid: jwk['kid'] }])],
    [
      'a private key',
      'signature',
      () => jwks(async () => [{ ...(await exportJWK(key().privateKey)), kid: key().kid }]),
    ],
    ['no key', 'signature', () => jwks(() => [])],
    [
      'two keys with one ID, neither of which signed',
      'signature',
      () =>
        jwks(async () =>
          [await makeKey('ES256', key().kid), await makeKey('ES256', key().kid)].map(({ jwk }) => ({
            ...jwk,
          })),
        ),
    ],
    [
      'claims 33 levels deep',
      'id_token',
      () => ({
        claims: (claims) => ({ ...claims, deep: JSON.parse('['.repeat(32) + ']'.repeat(32)) as Json }),
      }),
    ],
    [
      '5,001 claims',
      'id_token',
      () => ({
        claims: (claims) => ({
          ...claims,
          ...Object.fromEntries(Array.from({ length: 5001 }, (_, i) => [`c${i}`, 0])),
        }),
      }),
    ],
    ['no JWT', 'id_token', () => ({ sign: () => 'junk' })],
    ['an empty JWT', 'id_token', () => ({ sign: () => '' })],
    ['only dots', 'id_token', () => ({ sign: () => '..' })],
    ['encrypted', 'id_token', () => ({ sign: () => `${base64({ alg: 'dir', enc: 'A128GCM' })}..a.b.c` })],
    ['a header that is not JSON', 'id_token', () => ({ sign: (c) => `AAAA.${base64(c)}.AAAA` })],
    [
      'claims that are not an object',
      'id_token',
      () => ({
        sign: () =>
          new CompactSign(Buffer.from('[]'))
            .setProtectedHeader({ alg: 'ES256', kid: key().kid })
            .sign(key().privateKey),
      }),
    ],
    [
      'claims changed after signing',
      'signature',
      () => ({
        sign: async (claims) => {
          const [header, , signature] = (await app.provider.sign(claims)).split('.')
          return `${header}.${base64({ ...claims, sub: 'admin' })}.${signature}`
        },
      }),
    ],
    [
      'an algorithm that discovery does not announce',
      'alg',
      () => ({ discovery: (d) => ({ ...d, id_token_signing_alg_values_supported: ['RS256', 'HS256'] }) }),
    ],
  ]
  it.each(rows)('%s', async (_title, check, bend) => {
    app.provider.bend = bend()
    await attack(check)
    expect(app.provider.requests('/evil')).toEqual([])
  })
})

describe('a claim of an ID token: refused', () => {
  const rows: [title: string, check: string, change: () => Json][] = [
    ['another issuer', 'iss', () => ({ iss: 'https://evil.example' })],
    ['the issuer with an extra slash', 'iss', () => ({ iss: `${app.provider.issuer}/` })],
    ['the issuer in capitals', 'iss', () => ({ iss: app.provider.issuer.toUpperCase() })],
    ['the issuer with a path', 'iss', () => ({ iss: `${app.provider.issuer}/tenant` })],
    ['the issuer in an array', 'iss', () => ({ iss: [app.provider.issuer] })],
    ['no issuer', 'iss', () => ({ iss: undefined })],
    ['an issuer that is null', 'iss', () => ({ iss: null })],
    ['another audience', 'aud', () => ({ aud: 'other' })],
    ['the audience in capitals', 'aud', () => ({ aud: 'APP' })],
    ['no audience', 'aud', () => ({ aud: undefined })],
    ['an empty list of audiences', 'aud', () => ({ aud: [] })],
    ['a list of other audiences', 'aud', () => ({ aud: ['other'], azp: 'app' })],
    ['the audience nested one list too deep', 'aud', () => ({ aud: [['app']] })],
    ['an audience that is an object', 'aud', () => ({ aud: { app: true } })],
    ['several audiences, no azp', 'azp', () => ({ aud: ['app', 'other'] })],
    ["several audiences, another's azp", 'azp', () => ({ aud: ['app', 'other'], azp: 'other' })],
    ["another's azp", 'azp', () => ({ azp: 'other' })],
    ['an azp that is null', 'azp', () => ({ azp: null })],
    ['an azp that is a list', 'azp', () => ({ azp: ['app'] })],
    ['expired', 'exp', () => ({ exp: now() - 61 })],
    ['expired by a negative time', 'exp', () => ({ exp: -1 })],
    ['no expiry', 'exp', () => ({ exp: undefined })],
    ['an expiry that is null', 'exp', () => ({ exp: null })],
    ['an expiry that is a string', 'exp', () => ({ exp: '9999999999' })],
    ['an expiry that is true', 'exp', () => ({ exp: true })],
    ['not valid yet', 'nbf', () => ({ nbf: now() + 90 })],
    ['a start time that is a string', 'nbf', () => ({ nbf: '0' })],
    ['issued in the future', 'iat', () => ({ iat: now() + 90 })],
    ['no issue time', 'iat', () => ({ iat: undefined })],
    ['an issue time that is a string', 'iat', () => ({ iat: '1' })],
    ['an issue time that is null', 'iat', () => ({ iat: null })],
    ['another nonce', 'nonce', () => ({ nonce: 'other' })],
    ['no nonce', 'nonce', () => ({ nonce: undefined })],
    ['an empty nonce', 'nonce', () => ({ nonce: '' })],
    ['a nonce that is true', 'nonce', () => ({ nonce: true })],
    ['no subject', 'sub', () => ({ sub: undefined })],
    ['an empty subject', 'sub', () => ({ sub: '' })],
    ['a subject that is a number', 'sub', () => ({ sub: 7 })],
    ['a subject that is null', 'sub', () => ({ sub: null })],
    ['a subject that is a list', 'sub', () => ({ sub: ['alice'] })],
    ['a subject that is an operator', 'sub', () => ({ sub: { $ne: null } })],
    ['a subject of 256 characters', 'sub', () => ({ sub: 'x'.repeat(256) })],
    ['a blank subject', 'sub', () => ({ sub: ' ' })],
    ['a subject with a control character', 'subject', () => ({ sub: 'alice\0' })],
    ['a subject that is not valid Unicode', 'subject', () => ({ sub: 'alice\ud800' })],
    ["another access token's hash", 'at_hash', () => ({ at_hash: 'other' })],
    ['the hash with another algorithm', 'at_hash', () => ({ at_hash: accessTokenHash('sha512') })],
    ['the full hash', 'at_hash', () => ({ at_hash: `${accessTokenHash('sha256')}AAAA` })],
    ['a hash that is null', 'at_hash', () => ({ at_hash: null })],
    ['an empty hash', 'at_hash', () => ({ at_hash: '' })],
    ['a hash in a list', 'at_hash', () => ({ at_hash: [accessTokenHash('sha256')] })],
  ]
  it.each(rows)('%s', async (_title, check, change) => {
    const changed = change()
    app.provider.bend = { ...claim(changed), userInfo: changed }
    await attack(check)
  })
})

it('accepts a valid ID token', async () => {
  const browser = new Browser()
  expect(await app.signIn(browser, source)).toMatchObject({ status: 302, refused: [], errors: [] })
  expect(await app.subjectsOf(browser)).toEqual(['alice'])
  expect(await app.User.find().lean()).toMatchObject([{ email: 'alice@example.com', lastName: 'Adams' }])
})

it('does not reveal the failed check to a JSON client', async () => {
  app.provider.bend = claim({ nonce: 'other' })
  const browser = new Browser()
  const answer = await app.answerFor(browser, source)
  const { status, text: body } = await browser.request(answer.href, undefined, { accept: 'application/json' })
  expect([status, JSON.parse(body)]).toMatchObject([403, { code: 'invalid_assertion', source }])
  expect(body).not.toContain('nonce')
})

describe('UserInfo: refused', () => {
  const claims = { sub: 'alice', email: 'alice@example.com', email_verified: true, title: 'Boss' }
  const signed = (sign: () => Promise<string> | string, type = 'application/jwt'): Bends => ({
    reply: { userinfo: (res) => void Promise.resolve(sign()).then((jwt) => text(jwt, type)(res)) },
  })
  const rows: Row[] = [
    ['about another person', 'userinfo_sub', () => ({ userInfo: { ...claims, sub: 'bob' } })],
    ['about the subject in capitals', 'userinfo_sub', () => ({ userInfo: { ...claims, sub: 'ALICE' } })],
    ['about the subject with a space', 'userinfo_sub', () => ({ userInfo: { ...claims, sub: 'alice ' } })],
    ['about the subject in a list', 'userinfo_sub', () => ({ userInfo: { ...claims, sub: ['alice'] } })],
    ['without a subject', 'userinfo_sub', () => ({ userInfo: { ...claims, sub: undefined } })],
    [
      'about __proto__',
      'userinfo_sub',
      () => ({ reply: { userinfo: text('{"__proto__":{"sub":"alice"}}', 'application/json') } }),
    ],
    [
      'signed, about another person',
      'userinfo_sub',
      () => signed(() => app.provider.sign({ ...claims, sub: 'bob' })),
    ],
  ]
  it.each(rows)('%s', async (_title, check, bend) => {
    app.provider.bend = bend()
    await attack(check)
  })

  const unread: [title: string, bend: () => Bends][] = [
    [
      'signed by another key',
      () => signed(async () => app.provider.sign(claims, {}, await makeKey('ES256', key().kid))),
    ],
    ['signed by nobody', () => signed(() => unsigned('none', claims))],
    ['signed with the client secret', () => signed(() => hmac(claims, clientSecret))],
    ['signed with the public key', () => signed(async () => hmac(claims, await exportSPKI(key().publicKey)))],
    ['signed for another client', () => signed(() => app.provider.sign({ ...claims, aud: 'other' }))],
    [
      'signed by another issuer',
      () => signed(() => app.provider.sign({ ...claims, iss: 'https://evil.example' })),
    ],
    ['signed long ago', () => signed(() => app.provider.sign({ ...claims, exp: now() - 90 }))],
    ['not signed, and said to be', () => signed(() => JSON.stringify(claims))],
    ['signed, and said not to be', () => signed(() => app.provider.sign(claims), 'application/json')],
    ['encrypted', () => signed(() => `${base64({ alg: 'dir', enc: 'A128GCM' })}..a.b.c`)],
  ]
  it.each(unread)('its claims, if it is %s', async (_title, bend) => {
    app.provider.bend = bend()
    const notices: unknown[] = []
    app.jit.on('login', (result) => notices.push(...result.notices))
    expect(await app.signIn(new Browser(), source)).toMatchObject({ status: 302, refused: [], errors: [] })
    expect(await app.User.findOne().lean()).not.toMatchObject({ title: 'Boss' })
    expect(notices).toContainEqual(expect.objectContaining({ code: 'invalid_value', path: 'title' }))
  })
})
