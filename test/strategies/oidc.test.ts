import { createApp } from '../helpers/oidc-app'
import type { RunningProvider } from '../helpers/oidc-real'
import { signInAs, startProvider } from '../helpers/oidc-real'

const secret = 'a:secret-with-100%25+more&more~as-long-as-it-has-to-be'
const claims = {
  email: 'alice@example.com',
  email_verified: true,
  given_name: 'Alice',
  family_name: 'Adams',
}

describe('OidcJitStrategy with oidc-provider', () => {
  const app = createApp()
  let provider: RunningProvider

  beforeAll(async () => {
    await app.start()
    provider = await startProvider({
      client: {
        client_id: 'app',
        client_secret: secret,
        redirect_uris: [`${app.url}/idp/callback`, `${app.url}/idp/plain/callback`],
      },
      claims,
      inIdToken: true,
    })
    app.use('idp', { issuer: provider.issuer, clientSecret: secret })
  })
  afterAll(async () => {
    provider?.stop()
    await app.close()
  })

  it('signs a person in and hands the verified claims to the engine', async () => {
    const page = await signInAs('alice', `${app.url}/idp/login?returnTo=/inbox`)
    expect(JSON.parse(page.text)).toEqual({ ending: 'success', user: { id: 'alice' }, returnTo: '/inbox' })
    expect(app.assertions).toEqual([
      {
        issuer: provider.issuer,
        subject: 'alice',
        emailVerified: true,
        attributes: expect.objectContaining({ ...claims, sub: 'alice' }),
      },
    ])
  })
})
