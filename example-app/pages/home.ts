import { html, type Html } from '../web/html'
import { appPage } from './layout'

export interface HomePage {
  /** The page that was asked for. */
  signInFor?: string
  /** Where the demo's people are changed, if there is a demo. */
  directory?: string
}

/** What a visitor sees who is not signed in; after asking for a page of somebody's own, with a word why. */
export function homePage({ signInFor, directory }: HomePage): string {
  return appPage({
    title: signInFor ? 'Sign in first' : 'Welcome',
    signedIn: false,
    main: signInFor ? signInFirst(signInFor) : welcome(directory),
  })
}

function welcome(directory: string | undefined): Html {
  return html`<div class="hero">
    <h1>Company sign-in, and a profile that keeps itself.</h1>
    <p class="lead">
      Nobody registers here. The first sign-in through your company’s identity provider creates your profile,
      every later one brings it up to date.
    </p>
    <p class="actions">
      <a class="button primary" href="/sso">Sign in with SSO</a>
      <a href="/sources">What each provider has to send</a>
    </p>
    ${
      directory &&
      html`<p class="hint">
        To see a profile follow, change somebody in <a href="${directory}">Acme’s directory</a>, then sign in
        as them.
      </p>`
    }
  </div>`
}

function signInFirst(path: string): Html {
  return html`<div class="hero">
    <h1>Sign in first</h1>
    <p class="lead">This page belongs to somebody. Sign in through your company, and it is yours.</p>
    <p class="actions">
      <a class="button primary" href="/sso?returnTo=${encodeURIComponent(path)}">Sign in with SSO</a>
    </p>
  </div>`
}
