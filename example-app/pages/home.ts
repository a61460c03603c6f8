import { html, type Html } from '../web/html'
import { appPage } from './layout'

export interface HomePage {
  /** The requested page. */
  signInFor?: string
  /** The address of the demo's directory, if the demo runs. */
  directory?: string
}

/** The page for visitors who aren't signed in. If they asked for a private page, it says why they see this one. */
export function homePage({ signInFor, directory }: HomePage): string {
  return appPage({
    title: signInFor ? 'Sign in first' : 'Welcome',
    signedIn: false,
    main: signInFor ? signInFirst(signInFor) : welcome(directory),
  })
}

function welcome(directory: string | undefined): Html {
  return html`<div class="hero">
    <h1>Sign in with your company, and keep your profile up to date.</h1>
    <p class="lead">
      You don’t need to register. Your first sign-in through your company’s identity provider creates your
      profile, and every later sign-in updates it.
    </p>
    <p class="actions">
      <a class="button primary" href="/sso">Sign in with SSO</a>
      <a href="/sources">What each identity provider has to send</a>
    </p>
    ${
      directory &&
      html`<p class="hint">
        To see a profile update, change a person in <a href="${directory}">Acme’s directory</a>, then sign in
        as that person.
      </p>`
    }
  </div>`
}

function signInFirst(path: string): Html {
  return html`<div class="hero">
    <h1>Sign in first</h1>
    <p class="lead">You have to sign in to see this page.</p>
    <p class="actions">
      <a class="button primary" href="/sso?returnTo=${encodeURIComponent(path)}">Sign in with SSO</a>
    </p>
  </div>`
}
