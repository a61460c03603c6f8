/**
 * The real `oidc-provider`, in a process of its own: it is an ES module. Takes its settings as JSON (see
 * `startProvider`) and prints its issuer when it listens. Any login and password sign in.
 */
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import Provider from 'oidc-provider'

interface Settings {
  clients: object[]
  /** Claims of everybody, beside `sub`, which stands where a text says `{sub}`. */
  claims: Record<string, unknown>
}

const settings = JSON.parse(process.argv[2] ?? '') as Settings
const server = http.createServer().listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: settings.clients,
    claims: { openid: ['sub'], profile: ['given_name', 'family_name'], email: ['email', 'email_verified'] },
    pkce: { required: () => true },
    features: { backchannelLogout: { enabled: true } },
    // Its own dispatcher keeps it from loopback addresses.
    fetch: (url: string, { dispatcher: _, ...options }: { dispatcher?: unknown }) => fetch(url, options),
    cookies: { keys: ['test'] },
    findAccount: (_ctx: unknown, sub: string) => ({
      accountId: sub,
      claims: () => ({ sub, ...claimsOf(sub) }),
    }),
  })
  server.on('request', provider.callback())
  console.log(`ISSUER=${issuer}`)
})
function claimsOf(sub: string): Record<string, unknown> {
  return JSON.parse(JSON.stringify(settings.claims).replaceAll('{sub}', sub)) as Record<string, unknown>
}

// The test that started this process is gone.
process.stdin.resume().on('end', () => process.exit())
