import { document } from '../web/document'
import { html, type Content, type Html } from '../web/html'
import type { Person } from './people'

export interface SignInPage {
  /** The name of the provider. */
  provider: string
  people: readonly Person[]
  /** The address of the form. */
  action: string
  /** Hidden fields of the form. */
  hidden?: Record<string, string | undefined>
}

/** A provider's sign-in page, with a button for each person in the directory and no password. */
export function signInPage({ provider, people, action, hidden = {} }: SignInPage): string {
  return idpPage({
    provider,
    heading: 'Sign in as…',
    content: html`<form method="post" action="${action}">
      ${Object.entries(hidden).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}
      <ul class="choices">
        ${people.map(choice)}
      </ul>
      <p class="actions"><button name="cancel" value="yes">Cancel</button></p>
    </form>`,
  })
}

function choice({ id, name, attributes }: Person): Html {
  const email = attributes.find((row) => row.saml === 'email' || row.oidc === 'email')?.values[0]
  return html`<li>
    <button name="person" value="${id}"><bdi>${name}</bdi> <span class="exact">${email}</span></button>
  </li>`
}

export interface IdpPage {
  provider: string
  heading: string
  content: Content
  /** The address of a script on this server. */
  script?: string
}

/** A page in the layout of a provider. */
export function idpPage({ provider, heading, content, script }: IdpPage): string {
  return document({
    title: `${heading} · ${provider}`,
    side: 'acme',
    header: html`<p class="brand">${provider}</p>
      <p class="stands-for">
        Demo. In real life, this is your customer’s identity provider, and it asks for a password.
      </p>`,
    main: html`<h1>${heading}</h1>
      ${content}`,
    script,
  })
}
