import { html, type Html } from '../web/html'
import { page } from './pages'

/** What Acme tells an application that its people are to sign in to. */
export interface ProviderFacts {
  saml: { metadata: string }
  oidc: { issuer: string; clientId: string; clientSecret: string }
}

/** The two providers, as an application has to know them: it stands for a provider's own console. */
export function applicationsPage({ saml, oidc }: ProviderFacts, appUrl: string): string {
  const callback = `${appUrl}/sso/(source ID)/callback`
  return page(
    'Applications',
    html`<p class="back"><a href="/">People</a></p>
      <h1>Applications</h1>
      <p class="lead">
        What Acme tells the admin of an application, to be entered at a new source of
        <a href="${appUrl}/admin/sso">the app’s admin area</a>. Mara may sign in there. Both providers know
        the app already, whatever the source’s ID, and send its people to <code>${callback}</code>.
      </p>
      <section aria-labelledby="saml">
        <h2 id="saml">SAML 2.0</h2>
        <p class="field">
          <label for="metadata">Metadata of the identity provider, to be copied whole</label>
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
