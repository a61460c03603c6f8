/**
 * The real `oidc-provider`, in a process of its own: it is an ES module. Takes its settings as JSON (see
 * `startProvider`) and prints its issuer when it listens. Any login and password sign in.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

interface Settings {
  client: object
  /** Claims of everybody, beside `sub`. */
  claims: Record<string, unknown>
  /** Whether scope claims are in the ID token, and not at UserInfo alone. */
  inIdToken: boolean
  /** More of oidc-provider's own configuration. */
  configuration?: object
}

const settings = JSON.parse(process.argv[2] ?? '') as Settings
const server = http.createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [settings.client],
    claims: { openid: ['sub'], profile: ['given_name', 'family_name'], email: ['email', 'email_verified'] },
    conformIdTokenClaims: !settings.inIdToken,
    pkce: { required: () => true },
    cookies: { keys: ['test'] },
    findAccount: (_ctx: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...settings.claims }),
    }),
    ...settings.configuration,
  })
  server.on('request', provider.callback())
  console.log(`ISSUER=${issuer}`)
})
// The test that started this process is gone.
process.stdin.resume().on('end', () => process.exit())
