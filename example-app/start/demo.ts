import { randomBytes } from 'node:crypto'
import type { SourceConfig } from '../../src/index'
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
  /** Where the SAML identity provider's metadata is, for a source that is added by hand. */
  samlMetadata: string
  sources: SourceConfig[]
}

const DIRECTORY_PORT = 4000
const SAML_PORT = 4001
const OIDC_PORT = 4002
const CLIENT_ID = 'example-app'

/** Starts Acme: its directory, and its two identity providers, each a process of its own. */
export async function startDemo(appUrl: string, shutdown: Shutdown): Promise<Demo> {
  const { server, origin: directory } = await listen(DIRECTORY_PORT, 'the directory')
  shutdown.server(server)
  server.on('request', createDirectory({ people: new People(seed), origin: directory, appUrl }))
  const saml = await startSaml(directory, appUrl, shutdown)
  const oidc = await startOidc(directory, appUrl, shutdown)
  return { directory, samlMetadata: saml.saml!.idpIssuer, sources: [saml, oidc] }
}

async function startSaml(directory: string, appUrl: string, shutdown: Shutdown): Promise<SourceConfig> {
  const options: SamlIdpOptions = { port: SAML_PORT, directory, ssoUrl: `${appUrl}/sso` }
  const { ready, stop } = await startChild<SamlIdpOptions, SamlIdp>('idp/saml.ts', options)
  shutdown.add(stop)
  return samlSource(ready)
}

async function startOidc(directory: string, appUrl: string, shutdown: Shutdown): Promise<SourceConfig> {
  const sso = `${appUrl}/sso/acme-oidc`
  const client = {
    client_id: CLIENT_ID,
    client_secret: randomBytes(32).toString('base64url'),
    redirect_uris: [`${sso}/callback`],
    post_logout_redirect_uris: [`${sso}/logout`],
    backchannel_logout_uri: `${sso}/backchannel-logout`,
    backchannel_logout_session_required: true,
  }
  const options: OidcIdpOptions = { port: OIDC_PORT, directory, client }
  const { ready, stop } = await startChild<OidcIdpOptions, OidcIdp>('idp/oidc.mts', options)
  shutdown.add(stop)
  return oidcSource(ready, client.client_id, client.client_secret)
}
