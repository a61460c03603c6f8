import type { SourceConfig } from '../../src'
import { Browser, type Page } from '../helpers/oidc-browser'
import { type Bends, cut, hang, HostileProvider, json, makeKey, type Reply } from '../helpers/oidc-hostile'
import { webApp, type WebApp } from '../helpers/web-app'

type Endpoint = keyof NonNullable<Bends['reply']>

/** Breaks the connection in the middle of a response. */
const cutMidway: Reply = (res) => {
  res.writeHead(200, { 'Content-Type': 'application/json', 'Content-Length': 1_000 })
  res.write('{"issuer":', () => res.destroy())
}
const failures: [string, Reply][] = [
  ['fails', json({}, 500)],
  ['cuts the connection', cut()],
  ['cuts the connection during a response', cutMidway],
  ['hangs', hang()],
]
/** The status and code for each endpoint. A sign-in without UserInfo leaves out what only UserInfo has. */
const endpoints: [Endpoint, number, string][] = [
  ['discovery', 503, 'provider_unavailable'],
  ['jwks', 503, 'provider_unavailable'],
  ['token', 503, 'provider_unavailable'],
  ['userinfo', 302, ''],
]

/** A provider for each failure of each endpoint, and one that is down. All run together, since hanging takes time. */
const broken = [
  ...endpoints.flatMap(([endpoint, status, code]) =>
    failures.map(([failure, reply]) => ({ endpoint, status, code, failure, reply: { [endpoint]: reply } })),
  ),
  { endpoint: 'provider', status: 503, code: 'provider_unavailable', failure: 'is down', reply: {} },
].map((one, i) => ({ ...one, id: `idp${i}`, provider: new HostileProvider() }))

let app: WebApp
let pages: Record<string, Page>

const source = ({ id, provider: { issuer } }: (typeof broken)[number]): SourceConfig => ({
  ...{ id, protocol: 'oidc', provisioning: true, syncing: true },
  oidc: { issuer, clientID: 'app', clientSecret: 'a secret of this test' },
})
const login = (id: string): string => `${app.origin}/sso/${id}/login`
const signIn = (id: string): Promise<Page> =>
  new Browser().follow(login(id), undefined, (url) => new URL(url).pathname === '/')
const users = (id: string): Promise<number> => app.User.countDocuments({ email: `alice@${id}.example` })

beforeAll(async () => {
  for (const { id, provider, reply } of broken) {
    await provider.start()
    provider.keys = [await makeKey()]
    // The title is not in the ID token, so UserInfo is requested.
    const claims: Bends['claims'] = (claims) => ({ ...claims, email: `alice@${id}.example` })
    provider.bend = { reply, claims, userInfo: { title: 'Boss' } }
  }
  const away = broken.at(-1)!.provider
  await away.close()
  app = await webApp({ sources: () => broken.map(source) })
  expect(broken.flatMap(({ provider }) => provider.received)).toEqual([])
  const all = broken.map(async ({ id }): Promise<[string, Page]> => [id, await signIn(id)])
  pages = Object.fromEntries(await Promise.all(all))
  broken.forEach(({ provider }) => delete provider.bend.reply)
  await away.start()
})
afterAll(async () => {
  await app.close()
  await Promise.all(broken.map(({ provider }) => provider.close()))
})

describe('a provider', () => {
  it.each(broken.filter(({ endpoint }) => endpoint === 'userinfo'))(
    'signs people in without the UserInfo claims if its $endpoint $failure, and adds them at the next sign-in',
    async ({ id, status }) => {
      expect(pages[id]!.status).toBe(status)
      const user = (): Promise<unknown> => app.User.findOne({ email: `alice@${id}.example` }).lean()
      expect(await user()).toEqual(expect.not.objectContaining({ title: expect.anything() as unknown }))
      expect((await signIn(id)).status).toBe(302)
      expect(await user()).toMatchObject({ title: 'Boss' })
    },
  )

  it.each(broken.filter(({ endpoint }) => endpoint !== 'userinfo'))(
    'returns $status if its $endpoint $failure, writes nothing, and works again without a restart',
    async ({ id, status, code }) => {
      const page = pages[id]!
      expect([page.status, page.text.includes(`<code>${code}</code>`)]).toEqual([status, true])
      expect(await users(id)).toBe(0)
      expect((await signIn(id)).status).toBe(302)
      expect(await users(id)).toBe(1)
    },
  )
})
