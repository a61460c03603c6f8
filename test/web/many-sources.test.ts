import { mongoSources } from '../../src'
import { entered } from '../helpers/cluster'
import { expectCostAtMost } from '../helpers/cpu'
import { type Instances, startInstances } from '../helpers/instances'
import { Browser } from '../helpers/oidc-browser'
import { HostileProvider, makeKey } from '../helpers/oidc-hostile'

const FEW = 2
const MANY = 500
const encryptionKey = Buffer.alloc(32, 7)
const collections = ['users', 'jitRequests', 'jitSources', 'jitActivity']

let provider: HostileProvider
let few: Instances
let many: Instances

beforeAll(async () => {
  provider = new HostileProvider()
  provider.keys = [await makeKey()]
  await provider.start()
  ;[few, many] = [await appWith(FEW), await appWith(MANY)]
})
afterAll(async () => {
  await few.close()
  await many.close()
  await provider.close()
})

async function appWith(count: number): Promise<Instances> {
  const app = await startInstances([encryptionKey], async (connection) => {
    const stored = mongoSources(connection, { encryptionKey })
    const oidc = { issuer: provider.issuer, clientID: 'app', clientSecret: 'hush' }
    for (let i = 0; i < count; i++) await stored.put(entered({ id: `s${i}`, label: `Customer ${i}`, oidc }))
  })
  expect(app.all[0]!.jit.sources()).toHaveLength(count)
  return app
}

async function read({ origin }: Instances, path: string): Promise<string> {
  const response = await fetch(`${origin}/admin/sso${path}`, { headers: { 'x-admin': 'yes' } })
  expect(response.status).toBe(200)
  return response.text()
}

/** Database commands since the last call, by collection, without background commands. */
function commands({ all: [instance] }: Instances): Record<string, number> {
  return Object.fromEntries(collections.map((name) => [name, instance!.commands(name)]))
}

describe('500 sources', () => {
  it('are listed quickly, in pages and by the API, with one query for all linked people', async () => {
    commands(many)
    expect(await read(many, '/')).toContain('500 sources')
    expect(commands(many)).toMatchObject({ users: 1 })
    const { sources } = JSON.parse(await read(many, '/api/sources')) as { sources: unknown[] }
    expect(sources).toHaveLength(MANY)
    expect(commands(many)).toMatchObject({ users: 1 })
    for (const path of ['/', '/api/sources'])
      await expectCostAtMost(
        MANY / FEW,
        () => read(few, path),
        () => read(many, path),
      )
  })

  it('cost a sign-in the same commands and work as two', async () => {
    // The first one creates the user, and requests the provider's metadata.
    for (const app of [few, many]) await signIn(app)
    const perSignIn = async (app: Instances): Promise<unknown> => {
      commands(app)
      await signIn(app)
      const { users, jitRequests } = commands(app)
      return { users, jitRequests }
    }
    expect(await perSignIn(many)).toEqual(await perSignIn(few))
    const tenTimes = async (app: Instances): Promise<void> => {
      for (let i = 0; i < 10; i++) await signIn(app)
    }
    await expectCostAtMost(
      1.5,
      () => tenTimes(few),
      () => tenTimes(many),
    )
  })
})

async function signIn({ origin }: Instances): Promise<void> {
  const end = await new Browser().follow(`${origin}/sso/s1/login`, undefined)
  expect(JSON.parse(end.text)).toMatchObject({ at: '/', user: { email: 'alice@example.com' } })
}
