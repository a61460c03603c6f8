import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createKeys } from '../../test/helpers/saml-idp'
import { startOidcProvider } from './oidc'
import type { Provider } from './provider'
import { samlProvider } from './saml'

export interface Providers {
  saml: Provider
  oidc: Provider
  close(): Promise<void>
}

/** Starts the identity providers. Processes that start later trust the certificate of the OpenID Provider. */
export async function openProviders(): Promise<Providers> {
  const folder = await mkdtemp(path.join(tmpdir(), 'bench-'))
  const certificate = path.join(folder, 'provider.pem')
  const tls = await createKeys('localhost')
  await writeFile(certificate, tls.cert)
  process.env.NODE_EXTRA_CA_CERTS = certificate
  const oidc = await startOidcProvider(tls)
  return {
    saml: await samlProvider(),
    oidc,
    async close() {
      await oidc.close()
      await rm(folder, { recursive: true })
    },
  }
}
