import { html, type Html } from '../html'

/** The form that removes a person's identities at the source. `error`: why the last one was not carried out. */
export function disconnectSection(page: string, error: string | undefined): Html {
  return html`<section id="disconnect" aria-labelledby="disconnect-title">
    <h2 id="disconnect-title">Disconnect a person</h2>
    <p>
      Removes the link between an account here and this source, and ends the sessions that began here. The
      account stays. The next sign-in follows the rules for people who already have an account. Do this when
      the provider has given a person a new subject.
    </p>
    <form method="post" action="${page}/disconnect">
      <label for="person">Email or user ID</label>
      ${error && html`<p class="error" id="person-error">${error}</p>`}
      <div class="actions">
        <input
          id="person"
          name="person"
          class="exact"
          autocomplete="off"
          spellcheck="false"
          autocapitalize="none"
          required
          ${error && html`aria-invalid="true" aria-describedby="person-error"`}
        />
        <button class="danger">Disconnect</button>
      </div>
    </form>
  </section>`
}
