import { document } from '../web/document'
import { html, type Content, type Html } from '../web/html'
import type { Person } from './people'

export interface SignInPage {
  /** Which of Acme's providers this is. */
  provider: string
  people: readonly Person[]
  /** Where the choice goes. */
  action: string
  /** What goes with it. */
  hidden?: Record<string, string | undefined>
}

/** A provider's sign-in page: everybody in the directory, a button each, and no passwords. */
export function signInPage({ provider, people, action, hidden = {} }: SignInPage): string {
  return idpPage(
    provider,
    'Sign in as…',
    html`<form method="post" action="${action}">
      ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <ul class="choices">
        ${people.map(choice)}
      </ul>
      <p class="actions"><button name="cancel" value="yes">Cancel</button></p>
    </form>`,
  )
}

function choice({ id, name, attributes }: Person): Html {
  const email = attributes.find((row) => row.saml === 'email' || row.oidc === 'email')?.values[0]
  return html`<li>
    <button name="person" value="${id}"><bdi>${name}</bdi> <span class="exact">${email}</span></button>
  </li>`
}

/** A page in a provider's own looks. */
export function idpPage(provider: string, heading: string, content: Content, script?: string): string {
  return document({
    title: `${heading} · ${provider}`,
    side: 'acme',
    header: html`<p class="brand">${provider}</p>
      <p class="stands-for">
        Demo. It stands for your customer’s identity provider, and asks for no password.
      </p>`,
    main: html`<h1>${heading}</h1>
      ${content}`,
    script,
  })
}
