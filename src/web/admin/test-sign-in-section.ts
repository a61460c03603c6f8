import { html, type Html } from '../html'

export interface TestSignInView {
  /** Where the form is posted. That route starts the test sign-in. */
  action: string
  /** Whether people can sign in through this source. */
  enabled: boolean
}

/** The section *Test sign-in* of a source's page. */
export function testSignInSection({ action, enabled }: TestSignInView): Html {
  return html`<section id="test-sign-in" class="test-sign-in" aria-labelledby="test-sign-in-title">
    <h2 id="test-sign-in-title">Test sign-in</h2>
    <p>
      Sign in at the provider as yourself or with a test account, and see what it sends and what a real
      sign-in would do. Nothing is stored or changed, and you stay signed in here.
    </p>
    ${!enabled && html`<p class="quiet">This source is off. You can still test it.</p>`}
    <form method="post" action="${action}">
      <button type="submit" class="button">Test sign-in</button>
    </form>
    <p class="quiet">The result appears in this window when the provider has sent you back.</p>
  </section>`
}
