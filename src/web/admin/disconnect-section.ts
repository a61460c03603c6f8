import { html, type Html } from '../html'
import { exactForm } from './page-parts'

/** The form that removes a person's identities at the source. `error`: why the last one was not carried out. */
export function disconnectSection(page: string, error: string | undefined): Html {
  return html`<section id="disconnect" aria-labelledby="disconnect-title">
    <h2 id="disconnect-title">Disconnect a person</h2>
    <p>
      Removes the link between an account here and this source, and ends the sessions that began here. The
      account stays. The next sign-in follows the rules for people who already have an account. Do this when
      the provider has given a person a new subject.
    </p>
    ${exactForm({
      action: `${page}/disconnect`,
      name: 'person',
      label: 'Email or user ID',
      button: 'Disconnect',
      error,
    })}
  </section>`
}
