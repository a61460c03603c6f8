import { html, type Html } from '../html'
import { frame } from './page-parts'

/** The first question about a new source: its protocol. */
export function addPage(base: string): Html {
  return frame({
    trail: [{ label: 'SSO sources', href: `${base}/` }],
    main: html`<h1>Add a source</h1>
      <p>Which protocol does the identity provider use? You can’t change it later.</p>
      <ul class="protocols">
        <li>
          <a href="${base}/new?protocol=saml"><strong>SAML 2.0</strong></a>
          <p>
            Okta, Entra ID, Google Workspace, AD FS and most others in companies. You need the provider’s
            metadata: a file, or its address.
          </p>
        </li>
        <li>
          <a href="${base}/new?protocol=oidc"><strong>OpenID Connect</strong></a>
          <p>
            Okta, Entra ID, Keycloak, OneLogin and newer ones. You need the issuer, a client ID and usually a
            client secret. If the provider offers both, this one is less work.
          </p>
        </li>
      </ul>`,
  })
}
