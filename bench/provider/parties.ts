import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { generate } from 'selfsigned'
import { createKeys } from '../../test/helpers/saml-idp'
import { FIELDS, type SignInSource } from '../app/settings'
import { benchFields } from '../people/fields'
import { OidcProvider } from './oidc'
import type { Provider } from './provider'
import { SamlProvider } from './saml'

/** A way to sign in: how the apps are told of it, and who answers. */
export interface Way {
  title: string
  source: SignInSource
  provider: Provider
}

/** The identity providers of the bench, and the ways to sign in through them. */
export interface Parties {
  ways: Way[]
  /** What a process needs in its environment to trust their certificates. */
  env: NodeJS.ProcessEnv
  close(): Promise<void>
}

export async function openParties(): Promise<Parties> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'))
  const certificate = path.join(folder, 'provider.pem')
  const tls = await tlsKeys()
  await writeFile(certificate, tls.cert)
  const keys = await createKeys('idp.corp.example')
  const oidc = [await oidcWay(tls, 'userinfo'), await oidcWay(tls, 'id-token')]
  return {
    ways: [samlWay(keys, 'assertion'), samlWay(keys, 'both'), ...oidc],
    env: { NODE_EXTRA_CA_CERTS: certificate },
    async close() {
      for (const { provider } of oidc) await provider.close()
      await rm(folder, { recursive: true })
    },
  }
}

function samlWay(keys: Awaited<ReturnType<typeof createKeys>>, signed: 'assertion' | 'both'): Way {
  const provider = new SamlProvider(keys, benchFields(FIELDS), signed)
  const { issuer: idpIssuer, entryPoint } = provider
  return {
    title: signed === 'both' ? 'SAML, response and assertion signed' : 'SAML, assertion signed',
    source: { id: `saml-${signed}`, protocol: 'saml', entryPoint, idpIssuer, idpCert: keys.cert, signed },
    provider,
  }
}

async function oidcWay(
  tls: { key: string; cert: string },
  claims: 'id-token' | 'userinfo',
): Promise<Way & { provider: OidcProvider }> {
  const provider = await OidcProvider.start(tls, benchFields(FIELDS), claims)
  const { issuer } = provider
  const client = { clientID: 'bench', clientSecret: 'the secret of the bench' }
  return {
    title: `OpenID Connect, claims ${claims === 'userinfo' ? 'at UserInfo' : 'in the ID token'}`,
    source: { id: `oidc-${claims}`, protocol: 'oidc', issuer, ...client, claims },
    provider,
  }
}

async function tlsKeys(): Promise<{ key: string; cert: string }> {
  const extensions = [
    { name: 'subjectAltName' as const, altNames: [{ type: 2 as const, value: 'localhost' }] },
  ]
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    ...{ algorithm: 'sha256', keySize: 2048, extensions },
  })
  return { key, cert }
}
