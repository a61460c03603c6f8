import { randomBytes } from 'node:crypto'
import type { SourceConfig } from '../../src/index'
import type { ProviderFacts } from '../directory/applications-page'
import { People } from '../directory/people'
import { seed } from '../directory/seed'
import { createDirectory } from '../directory/server'
import type { OidcIdp, OidcIdpOptions } from '../idp/oidc.mjs'
import type { SamlIdp, SamlIdpOptions } from '../idp/saml'
import { oidcSource, samlSource } from '../sources'
import { startChild } from './child'
import { listen } from './listen'
import type { Shutdown } from './shutdown'

export interface Demo {
  directory: string
  sources: SourceConfig[]
}

const DIRECTORY_PORT = 4000
const SAML_PORT = 4001
const OIDC_PORT = 4002
const CLIENT_ID = 'example-app'

/** Starts Acme: its directory, and its two identity providers in processes of their own. */
export async function startDemo(appUrl: string, shutdown: Shutdown): Promise<Demo> {
  const { server, origin: directory } = await listen(DIRECTORY_PORT, 'the directory')
  shutdown.server(server)
  const saml = await startSaml(directory, appUrl, shutdown)
  const oidc = await startOidc(directory, appUrl, shutdown)
  const providers = await factsOf(saml, oidc)
  server.on('request', createDirectory({ people: new People(seed), origin: directory, appUrl, providers }))
  return { directory, sources: [saml, oidc] }
}

/** The values for a source that is added by hand. They are those of the two configured sources. */
async function factsOf({ saml }: SourceConfig, { oidc }: SourceConfig): Promise<ProviderFacts> {
  const { issuer, clientID, clientSecret } = oidc!
  const metadata = await fetch(saml!.idpIssuer)
  return {
    saml: { metadata: await metadata.text() },
    oidc: { issuer, clientId: clientID, clientSecret: clientSecret! },
  }
}

async function startSaml(directory: string, appUrl: string, shutdown: Shutdown): Promise<SourceConfig> {
  const options: SamlIdpOptions = { port: SAML_PORT, directory, ssoUrl: `${appUrl}/sso` }
  const { ready, stop } = await startChild<SamlIdpOptions, SamlIdp>('idp/saml.ts', options)
  shutdown.add(stop)
  return samlSource(ready)
}

async function startOidc(directory: string, appUrl: string, shutdown: Shutdown): Promise<SourceConfig> {
  const ssoUrl = `${appUrl}/sso`
  const client = {
    client_id: CLIENT_ID,
    client_secret: randomBytes(32).toString('base64url'),
    redirect_uris: [`${ssoUrl}/acme-oidc/callback`],
    post_logout_redirect_uris: [`${ssoUrl}/acme-oidc/logout`],
    backchannel_logout_uri: `${ssoUrl}/acme-oidc/backchannel-logout`,
    backchannel_logout_session_required: true,
  }
  const options: OidcIdpOptions = { port: OIDC_PORT, directory, client, ssoUrl }
  const { ready, stop } = await startChild<OidcIdpOptions, OidcIdp>('idp/oidc.mts', options)
  shutdown.add(stop)
  return oidcSource(ready, client.client_id, client.client_secret)
}
