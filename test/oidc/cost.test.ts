import { randomBytes } from 'node:crypto'
import { expectRatioAtMost } from '../helpers/cpu'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { Browser } from '../helpers/oidc-browser'
import type { Bends, Json, Reply } from '../helpers/oidc-hostile'
import { HostileProvider, json, makeKey, text } from '../helpers/oidc-hostile'
import { type RunningScript, startScript } from '../helpers/script'

/** The cost of hostile messages to an app in its own process. */

/** The limits for a message: a multiple of the CPU time of a valid sign-in, and MiB of memory. */
const GENUINE = 10
const MAX_MEMORY = 50
const MIB = 1024 * 1024

let mongo: TestMongo
let provider: HostileProvider
let app: RunningScript
let source = 0
beforeAll(async () => {
  mongo = await testMongo()
  provider = new HostileProvider()
  await provider.start()
  const sources = Array.from({ length: 300 }, (_, i) => `s${i}`)
  app = await startScript('oidc-instance.ts', { uri: mongo.uri, issuer: provider.issuer, sources })
  provider.keys = [await makeKey()]
  // Compiled, connected, and as large as an app after some time.
  for (let i = 0; i < 10; i++) await new Browser().follow(`${app.printed}/sso/s${source++}/login`)
})
afterAll(async () => {
  await app.stop()
  await provider.close()
  await mongo.close()
})

async function cost(attempt: () => Promise<unknown>): Promise<{ cpu: number; memory: number }> {
  const used = async (): Promise<{ cpu: number; memory: number }> =>
    JSON.parse((await new Browser().request(`${app.printed}/usage`)).text) as never
  const before = await used()
  await attempt()
  const after = await used()
  return { cpu: after.cpu - before.cpu, memory: after.memory - before.memory }
}

/** Fails if an attempt costs more CPU than this many valid sign-ins, each at a new source. */
const affordable = async (attempt: () => Promise<unknown>, bend: Bends = {}): Promise<void> => {
  const costWith = async (bends: Bends, work: () => Promise<unknown>): Promise<number> => {
    provider.bend = bends
    source++
    const { cpu, memory } = await cost(work)
    expect(memory).toBeLessThan(MAX_MEMORY)
    return cpu
  }
  await expectRatioAtMost(
    GENUINE,
    () => costWith({}, signIn),
    () => costWith(bend, attempt),
  )
}

const signIn = (): Promise<unknown> => new Browser().follow(`${app.printed}/sso/s${source}/login`)
const deep = (open: string, levels: number, close: string): string =>
  open.repeat(levels) + '1' + close.repeat(levels)

describe('what any client can send', () => {
  const callback = (): string => `${app.printed}/sso/s${source}/callback`
  const get = (path: string) => (): Promise<unknown> => new Browser().request(`${app.printed}/sso/${path}`)
  const post =
    (body: string, path = 'callback', type = 'application/x-www-form-urlencoded') =>
    (): Promise<unknown> =>
      fetch(path === 'callback' ? callback() : `${app.printed}/sso/${path}`, {
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
        redirect: 'manual',
      })
  const rows: [string, () => Promise<unknown>][] = [
    ['a long state', () => get(`s${source}/callback?code=x&state=${'x'.repeat(15_000)}`)()],
    ['many parameters', () => get(`s${source}/callback?code=x&state=y&${'a&'.repeat(7_000)}`)()],
    ['deep parameters', () => get(`s${source}/callback?code=x&state${'[a]'.repeat(4_500)}=y`)()],
    ['many states', () => get(`s${source}/callback?code=x&${'state=y&'.repeat(1_800)}`)()],
    ['a long returnTo', () => get(`s${source}/login?returnTo=/${'x'.repeat(15_000)}`)()],
    ['a long source', () => get(`${'x'.repeat(15_000)}/login`)()],
    [
      'many cookies',
      () =>
        new Browser().request(callback() + '?code=x&state=y', undefined, {
          cookie: 'jit_browser_x=y; '.repeat(800),
        }),
    ],
    ['1 MB posted: one value', () => post(`code=x&state=${'x'.repeat(1_000_000)}`)()],
    ['1 MB posted: many parameters', () => post('a=b&'.repeat(250_000))()],
    ['1 MB posted: escapes', () => post(`code=x&state=${'%41'.repeat(330_000)}`)()],
    ['1 MB posted: broken escapes', () => post(`code=x&state=${'%'.repeat(1_000_000)}`)()],
    ['1 MB posted: brackets', () => post(`code=x&state${'[a]'.repeat(330_000)}=y`)()],
    ['10 MB posted', () => post('x'.repeat(10_000_000))().catch(() => undefined)],
    ['a 10 kB email', () => post(`email=a%40${encodeURIComponent('ü'.repeat(1_600))}`, '')()],
    [
      'a 10 kB email in many scripts',
      () =>
        post(
          `email=a%40${encodeURIComponent(Array.from({ length: 1100 }, (_, i) => String.fromCodePoint(0x4e00 + i)).join(''))}`,
          '',
        )(),
    ],
  ]
  it.each(rows)('%s', async (_title, attempt) => affordable(attempt))
})

describe('what any provider can send', () => {
  const names = (n: number, make = (i: number): string => `claim${i}`): Json =>
    Object.fromEntries(Array.from({ length: n }, (_, i) => [make(i), 'x']))
  const jwks = (keys: unknown[]): Bends => ({ reply: { jwks: json({ keys }) } })
  const userInfo = (rest: string): Reply => text(`{"sub":"alice",${rest}}`, 'application/json')
  const own = (): Json => ({ ...provider.keys[0]!.jwk })
  const rows: [string, () => Bends][] = [
    ['an ID token with a claim of 1 MB', () => ({ claims: (c) => ({ ...c, title: 'x'.repeat(700_000) }) })],
    ['an ID token with 30,000 claims', () => ({ claims: (c) => ({ ...c, ...names(30_000) }) })],
    [
      'an ID token with 30,000 claims that are near misses',
      () => ({ claims: (c) => ({ ...c, ...names(30_000, (i) => `given-nam${i}`) }) }),
    ],
    [
      'an ID token with long names',
      () => ({ claims: (c) => ({ ...c, ...names(2_500, (i) => `${i}${'é'.repeat(125)}`) }) }),
    ],
    ['an ID token with a name of 700 kB', () => ({ claims: (c) => ({ ...c, ['x'.repeat(700_000)]: 1 }) })],
    [
      'an ID token with 100,000 values',
      () => ({ claims: (c) => ({ ...c, skills: Array.from({ length: 100_000 }, () => 'x') }) }),
    ],
    [
      'an ID token with 2,000 long values',
      () => ({ claims: (c) => ({ ...c, skills: Array.from({ length: 2_000 }, () => 'x'.repeat(300)) }) }),
    ],
    [
      'an ID token with deep claims',
      () => ({
        sign: (c) =>
          provider.signText(JSON.stringify(c).slice(0, -1) + `,"title":${deep('[', 300_000, ']')}}`),
      }),
    ],
    [
      'an ID token with deep objects',
      () => ({
        sign: (c) =>
          provider.signText(JSON.stringify(c).slice(0, -1) + `,"title":${deep('{"a":', 100_000, '}')}}`),
      }),
    ],
    ['an ID token of dots', () => ({ sign: () => '.'.repeat(1_000_000) })],
    [
      'an unsigned ID token of 1 MB',
      () => ({ sign: () => `${'A'.repeat(340_000)}.${'A'.repeat(340_000)}.${'A'.repeat(340_000)}` }),
    ],
    [
      'an audience of 80,000',
      () => ({ claims: (c) => ({ ...c, aud: Array.from({ length: 80_000 }, (_, i) => String(i)) }) }),
    ],
    [
      '200 keys',
      () => jwks(Array.from({ length: 200 }, (_, i) => (i === 199 ? own() : { ...own(), kid: `k${i}` }))),
    ],
    [
      '1,000 keys',
      () => jwks(Array.from({ length: 1_000 }, (_, i) => (i === 999 ? own() : { ...own(), kid: `k${i}` }))),
    ],
    ['200 keys with one ID', () => jwks(Array.from({ length: 200 }, own))],
    ['60,000 keys', () => jwks(Array.from({ length: 60_000 }, () => ({ kty: 'RSA' })))],
    [
      'deep keys',
      () => ({ reply: { jwks: text(`{"keys":[${deep('[', 500_000, ']')}]}`, 'application/json') } }),
    ],
    [
      'a deep key',
      () => ({
        reply: { jwks: text(`{"keys":[{"kty":"RSA","n":${deep('[', 500_000, ']')}}]}`, 'application/json') },
      }),
    ],
    [
      'a key of 700 kB',
      () => ({
        ...jwks([
          {
            kty: 'RSA',
            e: 'AQAB',
            n: randomBytes(500_000).toString('base64url'),
            kid: provider.keys[0]!.kid,
          },
        ]),
        sign: (c) => rs256(c),
      }),
    ],
    [
      'a key of 16,384 bits',
      () => ({
        ...jwks([
          {
            kty: 'RSA',
            e: 'AQAB',
            n: `3${randomBytes(2048).toString('base64url').slice(1)}`,
            kid: provider.keys[0]!.kid,
          },
        ]),
        sign: (c) => rs256(c, 2048),
      }),
    ],
    [
      'a key with a long exponent',
      () => ({
        ...jwks([
          {
            kty: 'RSA',
            e: randomBytes(383).toString('base64url'),
            n: `3${randomBytes(384).toString('base64url').slice(1)}`,
            kid: provider.keys[0]!.kid,
          },
        ]),
        sign: (c) => rs256(c, 384),
      }),
    ],
    [
      'a discovery document that is deep',
      () => ({ reply: { discovery: text(deep('[', 500_000, ']'), 'application/json') } }),
    ],
    [
      'a discovery document of 1 MB',
      () => ({ discovery: (d) => ({ ...d, scopes_supported: Array.from({ length: 100_000 }, () => 'x') }) }),
    ],
    [
      'a discovery document of many algorithms',
      () => ({
        discovery: (d) => ({
          ...d,
          id_token_signing_alg_values_supported: Array.from({ length: 150_000 }, () => 'x'),
        }),
      }),
    ],
    [
      'a token response that is deep',
      () => ({ reply: { token: text(`{"id_token":${deep('[', 500_000, ']')}}`, 'application/json') } }),
    ],
    [
      'UserInfo with 30,000 claims',
      () => ({ reply: { userinfo: json({ sub: 'alice', ...names(30_000) }) } }),
    ],
    [
      'UserInfo with 100,000 claims',
      () => ({
        reply: {
          userinfo: userInfo(Array.from({ length: 90_000 }, (_, i) => `"${i.toString(36)}":0`).join(',')),
        },
      }),
    ],
    [
      'UserInfo that is deep',
      () => ({ reply: { userinfo: userInfo(`"title":${deep('[', 500_000, ']')}`) } }),
    ],
    [
      'UserInfo that is deep in objects',
      () => ({ reply: { userinfo: userInfo(`"title":${deep('{"a":', 170_000, '}')}`) } }),
    ],
    [
      'UserInfo with one claim repeated',
      () => ({ reply: { userinfo: userInfo('"title":"x",'.repeat(80_000) + '"a":1') } }),
    ],
    ['unclosed brackets', () => ({ reply: { userinfo: text('['.repeat(MIB), 'application/json') } })],
    ['unclosed braces', () => ({ reply: { userinfo: text('{"a":'.repeat(200_000), 'application/json') } })],
    ['1 MB in escapes', () => ({ reply: { userinfo: userInfo(`"title":"${'\\u0041'.repeat(170_000)}"`) } })],
    ['1 MB of digits', () => ({ reply: { userinfo: userInfo(`"title":${'9'.repeat(1_000_000)}`) } })],
  ]
  it.each(rows)('%s', (_title, bend) => affordable(signIn, bend()))
})

function rs256(claims: Json, bytes = 256): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'RS256', kid: provider.keys[0]!.kid })}.${part(claims)}.${randomBytes(bytes).toString('base64url')}`
}
