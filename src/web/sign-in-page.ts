import type { Source } from '../sources/config'
import { html, type Html } from './html'

/** The most sources to offer as buttons. With more, the page asks for an email address. */
const MOST_BUTTONS = 5

interface Asked {
  /** Where they want to go: a path of this origin. */
  returnTo?: string
  /** The email address that they entered, which no source claims. */
  email?: string
}

export function loginAddress(baseUrl: string, id: string, returnTo: string | undefined): string {
  return `${baseUrl}/${id}/login${returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : ''}`
}

/**
 * Offers every enabled source by name. With many sources, it asks for the email address instead, and offers by name
 * only those without a domain. A source that lets nobody new in is not offered.
 */
export function signInPage(enabled: readonly Source[], baseUrl: string, asked: Asked): Html {
  const sources = enabled.filter(isOffered)
  if (sources.length === 0) {
    return html`<h1>Sign in</h1>
      <p class="quiet">Company sign-in is not set up here yet. Please ask your administrator.</p>`
  }
  if (sources.length <= MOST_BUTTONS) {
    return html`<h1>Sign in</h1>
      <p class="quiet">Continue with your company account.</p>
      ${buttons(sources, baseUrl, asked)}`
  }
  const rest = sources.filter(({ domains }) => domains.length === 0)
  return html`<h1>Sign in</h1>
    ${emailForm(baseUrl, asked, rest.length > 0)} ${rest.length > 0 && html`<h2>Or continue with</h2>`}
    ${buttons(rest, baseUrl, asked)}`
}

/** An organization's admin writes the label, which everybody would see, before the team has accepted a domain. */
function isOffered({ domains, delegated }: Source): boolean {
  return !delegated || domains.length > 0
}

function emailForm(baseUrl: string, { email, returnTo }: Asked, othersByName: boolean): Html {
  const unclaimed = email !== undefined
  return html`<form method="post" action="${baseUrl}/" novalidate>
    <label for="email">Your work email address</label>
    ${
      unclaimed &&
      html`<p class="problem" id="email-problem" role="alert">
        No company sign-in is set up for this address. Check its
        spelling${othersByName ? ', or choose a sign-in by name' : ', or ask your administrator'}.
      </p>`
    }
    <input
      id="email"
      name="email"
      type="email"
      autocomplete="email"
      required
      value="${email ?? ''}"
      ${unclaimed && html`aria-invalid="true" aria-describedby="email-problem"`}
    />
    ${returnTo && html`<input type="hidden" name="returnTo" value="${returnTo}" />`}
    <button class="button" type="submit">Continue</button>
  </form>`
}

function buttons(sources: readonly Source[], baseUrl: string, { returnTo }: Asked): Html | false {
  if (sources.length === 0) return false
  return html`<ul class="sources">
    ${sources.map(
      ({ id, label }) =>
        html`<li>
          <a class="button" href="${loginAddress(baseUrl, id, returnTo)}"><bdi>${label}</bdi></a>
        </li>`,
    )}
  </ul>`
}
