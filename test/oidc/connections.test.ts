import https, { type RequestOptions } from 'node:https'
import type { OidcSource } from '../../src/sources/config'
import { providerOf } from '../../src/oidc/provider'

afterEach(() => jest.restoreAllMocks())

function source(): OidcSource {
  return { id: 'idp', protocol: 'oidc', oidc: { issuer: 'https://idp.example' } } as OidcSource
}

it('reuses connections to a provider, and shares them with no other source', async () => {
  const used: RequestOptions['agent'][] = []
  jest.spyOn(https, 'request').mockImplementation(((_url: URL, { agent }: RequestOptions) => {
    used.push(agent)
    throw new Error('no network here')
  }) as never)
  const [one, another] = [source(), source()]
  for (const asked of [one, one, another]) {
    await expect(providerOf(asked).send('https://idp.example/token')).rejects.toThrow()
  }
  expect(used).toEqual([expect.any(https.Agent), expect.any(https.Agent), expect.any(https.Agent)])
  expect([used[0] === used[1], used[0] === used[2], used[0] === https.globalAgent]).toEqual([
    true,
    false,
    false,
  ])
})
