import type { SourceConfig } from '../../sources/config'
import { html, type Html } from '../html'
import { valueHtml } from '../values'

/** The values that every new user of a source gets. */
export function setSection(set: SourceConfig['set']): Html | false {
  const entries = Object.entries(set ?? {})
  return (
    entries.length > 0 &&
    html`<section id="set" aria-labelledby="set-title">
      <h2 id="set-title">Set for new users</h2>
      <p>
        Every user that this source creates gets these values, regardless of what the identity provider sends.
        Change them in the app’s code or with the JSON API.
      </p>
      <dl class="values">
        ${entries.map(
          ([path, value]) =>
            html`<div>
              <dt><code>${path}</code></dt>
              <dd>${valueHtml(value)}</dd>
            </div>`,
        )}
      </dl>
    </section>`
  )
}
