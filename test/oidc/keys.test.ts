import { generateKeyPairSync } from 'node:crypto'
import { exportJWK, type JWK } from 'jose'
import type { JitError } from '../../src'
import { json, makeKey, type SigningKey } from '../helpers/oidc-hostile'
import { oidcSetup, refused, signedIn } from '../helpers/oidc-setup'

const { app, provider, signIn } = oidcSetup()

function publish(...jwks: JWK[]): void {
  provider.bend.reply = { jwks: json({ keys: jwks }) }
}

/** Signs ID tokens with a key, under the key ID of another, or none. */
function signWith(key: SigningKey, kid: string | undefined = key.kid): void {
  provider.bend.sign = (claims) => provider.sign(claims, { kid }, key)
}

async function shortKey(bits: number): Promise<JWK> {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: bits })
  return { ...(await exportJWK(publicKey)), use: 'sig' }
}

describe('every key that fits a token is tried', () => {
  it.each(['ES256', 'RS256', 'EdDSA'])('if two have the same key ID, with %s', async (alg) => {
    const keys = [await makeKey(alg, 'same'), await makeKey(alg, 'same')]
    publish(...keys.map(({ jwk }) => jwk))
    for (const key of keys) {
      signWith(key)
      provider.bend.claims = ({ at_hash: _, ...claims }) => claims
      expect(await signIn()).toEqual(signedIn)
    }
    expect(provider.requests('/jwks')).toHaveLength(1)
  })

  it('if the token has no key ID, while keys rotate', async () => {
    const keys = [await makeKey(), await makeKey(), await makeKey('RS256')]
    publish(...keys.map(({ jwk }) => jwk))
    provider.bend.sign = (claims) => provider.sign(claims, { kid: undefined }, keys[1])
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/jwks')).toHaveLength(1)
  })

  it('if the key set has no key ID, or one that isn’t text', async () => {
    const keys = [await makeKey(), await makeKey()]
    publish({ ...keys[0]!.jwk, kid: undefined }, { ...keys[1]!.jwk, kid: 7 as never })
    signWith(keys[1]!)
    expect(await signIn()).toEqual(signedIn)
  })

  it('even beside unusable keys', async () => {
    const key = await makeKey()
    const { x: _, ...incomplete } = key.jwk
    const junk = [
      incomplete,
      { ...key.jwk, x: 'AA' },
      { ...key.jwk, use: 'enc' },
      { ...key.jwk, alg: 'ES384' },
    ]
    publish(...junk, key.jwk)
    signWith(key)
    expect(await signIn()).toEqual(signedIn)
  })

  it('even if unused members are null or empty lists', async () => {
    const key = await makeKey('RS256')
    const none = { crv: null, x: null, y: null, d: null, p: null, k: null, use: null, key_ops: [] }
    publish({ ...key.jwk, ...none } as never)
    signWith(key)
    provider.bend.claims = ({ at_hash: _, ...claims }) => claims
    expect(await signIn()).toEqual(signedIn)
  })

  it('up to ten keys', async () => {
    const key = await makeKey()
    const others = await Promise.all(Array.from({ length: 10 }, () => makeKey('ES256', key.kid)))
    publish(...others.slice(1).map(({ jwk }) => jwk), key.jwk)
    signWith(key)
    expect(await signIn()).toEqual(signedIn)
    app.use('idp', { issuer: provider.issuer })
    publish(...others.map(({ jwk }) => jwk), key.jwk)
    expect(await signIn()).toEqual(refused('signature'))
  })

  it('and a wrong claim is refused, no matter which key fits', async () => {
    const keys = [await makeKey('ES256', 'same'), await makeKey('ES256', 'same')]
    publish(...keys.map(({ jwk }) => jwk))
    signWith(keys[1]!)
    provider.bend.claims = (claims) => ({ ...claims, aud: 'another-app' })
    expect(await signIn()).toEqual(refused('aud'))
  })
})

describe('a key set without a key that fits is fetched again at once', () => {
  it.each<[title: string, before: () => Promise<JWK[]>]>([
    ['if it is empty', () => Promise.resolve([])],
    ['if its keys are for other algorithms', async () => [(await makeKey('RS256')).jwk]],
    [
      'if it has two keys with the same ID',
      async () => [(await makeKey('ES256', 'same')).jwk, (await makeKey('ES256', 'same')).jwk],
    ],
  ])('%s', async (_title, before) => {
    publish(...(await before()))
    const key = await makeKey('ES256', 'same')
    signWith(key)
    expect(await signIn()).toEqual(refused('signature'))
    publish(key.jwk)
    expect(await signIn()).toEqual(signedIn)
    expect(provider.requests('/jwks')).toHaveLength(3)
  })
})

describe('an RSA key that is too short', () => {
  const message = (): string => (app.reports.at(-1) as JitError).message

  it('is reported with its key ID and length', async () => {
    const key = await makeKey('RS256', 'old-key')
    publish({ ...(await shortKey(1024)), kid: 'old-key' })
    signWith(key)
    expect(await signIn()).toEqual(refused('key_length'))
    expect(message()).toContain('an RSA key of 1024 bits (kid "old-key"). At least 2048 are needed.')
  })

  it('doesn’t block a longer key beside it', async () => {
    const key = await makeKey('RS256', 'same')
    publish({ ...(await shortKey(1024)), kid: 'same' }, key.jwk)
    signWith(key)
    provider.bend.claims = ({ at_hash: _, ...claims }) => claims
    expect(await signIn()).toEqual(signedIn)
  })

  it('is replaced as soon as the provider replaces it', async () => {
    const key = await makeKey('RS256', 'same')
    publish({ ...(await shortKey(1024)), kid: 'same' })
    signWith(key)
    expect(await signIn()).toEqual(refused('key_length'))
    publish(key.jwk)
    expect(await signIn()).toEqual(signedIn)
  })
})
