import { Browser, type Page } from '../helpers/oidc-browser'
import { type RunningProvider, signInAs, startProvider } from '../helpers/oidc-real'
import { me } from '../helpers/single-logout'
import { webApp, type WebApp } from '../helpers/web-app'

const secret = 's'.repeat(40)

let provider: RunningProvider | undefined
let apps: WebApp[] = []

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close()
  await provider?.stop()
})

/** The apps of two teams with one provider. The provider needs their URLs before it starts, and they need its URL. */
async function twoApps(sessionRequired: boolean): Promise<void> {
  const baseUrls: string[] = []
  let tell: (issuer: string) => void
  const issuer = new Promise<string>((resolve) => (tell = resolve))
  const started = [0, 1].map((i) =>
    webApp({
      session: { name: `app${i}.sid` },
      sources: async (baseUrl) => {
        if (baseUrls.push(baseUrl) === 2) tell(await register(baseUrls, sessionRequired))
        const client = { clientID: clientOf(baseUrl), clientSecret: secret }
        return [
          { id: 'entra', protocol: 'oidc', provisioning: true, oidc: { issuer: await issuer, ...client } },
        ]
      },
    }),
  )
  apps = await Promise.all(started)
}

function clientOf(baseUrl: string): string {
  return `client-${new URL(baseUrl).port}`
}

async function register(baseUrls: string[], sessionRequired: boolean): Promise<string> {
  provider = await startProvider({
    clients: baseUrls.map((baseUrl) => ({
      client_id: clientOf(baseUrl),
      client_secret: secret,
      redirect_uris: [`${baseUrl}/entra/callback`],
      post_logout_redirect_uris: [`${baseUrl}/entra/logout`],
      backchannel_logout_uri: `${baseUrl}/entra/backchannel-logout`,
      backchannel_logout_session_required: sessionRequired,
    })),
    claims: { email: '{sub}@corp.example', email_verified: true, given_name: 'Ann', family_name: 'Lee' },
  })
  return provider.issuer
}

/** Signs out at the first app, and confirms at the provider. */
async function signOut(browser: Browser): Promise<Page> {
  const [{ origin }] = apps as [WebApp]
  const page = await browser.request(`${origin}/sso/logout`, {}, { origin })
  const asked = await browser.follow(page.headers.get('location')!)
  const action = /<form[^>]* action="([^"]+)"/.exec(asked.text)![1]!
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked.text)![1]!
  return browser.follow(new URL(action, asked.url).href, { xsrf, logout: 'yes' })
}

describe('sign-out at oidc-provider', () => {
  it.each([
    ['by its sid', true],
    ['by the person only', false],
  ])('returns to the app, and ends the session at another app, notified %s', async (_, sessionRequired) => {
    await twoApps(sessionRequired)
    const browser = new Browser()
    const bob = new Browser()
    for (const { origin } of apps) {
      expect((await signInAs('ann', `${origin}/sso/entra/login`, browser)).status).toBe(200)
    }
    await signInAs('bob', `${apps[1]!.origin}/sso/entra/login`, bob)
    expect(await Promise.all(apps.map((app) => me(app, browser)))).toEqual([
      'ann@corp.example',
      'ann@corp.example',
    ])
    const back = await signOut(browser)
    expect(back.url).toBe(`${apps[0]!.origin}/`)
    expect(await Promise.all(apps.map((app) => me(app, browser)))).toEqual([undefined, undefined])
    expect(await me(apps[1]!, bob)).toBe('bob@corp.example')
  })
})
