import { html, type Html } from '../web/html'
import { page } from './pages'

/** The values that an application needs from Acme's identity providers. */
export interface ProviderFacts {
  saml: { metadata: string }
  oidc: { issuer: string; clientId: string; clientSecret: string }
}

/** The integration details of the two providers. In real life, a provider's console shows them. */
export function applicationsPage({ saml, oidc }: ProviderFacts, appUrl: string): string {
  const callback = `${appUrl}/sso/(source ID)/callback`
  return page(
    'Applications',
    html`<p class="back"><a href="/">People</a></p>
      <h1>Applications</h1>
      <p class="lead">
        Enter these values in a new source in <a href="${appUrl}/admin/sso">the app’s admin area</a>. Mara can
        sign in there. Both providers accept the app with any source ID, and send people to
        <code>${callback}</code>.
      </p>
      <section aria-labelledby="saml">
        <h2 id="saml">SAML 2.0</h2>
        <p class="field">
          <label for="metadata">Metadata of the identity provider (copy all of it)</label>
          <textarea id="metadata" class="exact" rows="8" readonly spellcheck="false">
${saml.metadata}</textarea>
        </p>
      </section>
      <section aria-labelledby="oidc">
        <h2 id="oidc">OpenID Connect</h2>
        <dl class="values">
          ${value('Issuer', oidc.issuer)} ${value('Client ID', oidc.clientId)}
          ${value('Client secret', oidc.clientSecret)}
        </dl>
      </section>`,
  )
}

function value(name: string, text: string): Html {
  return html`<div>
    <dt>${name}</dt>
    <dd><code>${text}</code></dd>
  </div>`
}
