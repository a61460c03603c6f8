import type { AdminSource } from '../../stored-sources/admin-source'
import { html, type Html } from '../html'
import { people } from './page-parts'

interface DeleteView {
  /** The path of the source's page. */
  page: string
  source: AdminSource
  linkedUsers: number
  /** Why the source was not deleted. */
  error?: string
}

/** The end of a source's page: edit the source, or type its id and delete it. */
export function deleteSection({ page, source: { id }, linkedUsers, error }: DeleteView): Html {
  return html`<section id="delete" aria-labelledby="delete-title">
    <h2 id="delete-title">Edit or delete</h2>
    <p><a class="button" href="${page}/edit">Edit this source</a></p>
    <p>
      ${
        linkedUsers === 0
          ? 'Nobody is linked to this source.'
          : `${people(linkedUsers)} ${linkedUsers === 1 ? 'signs' : 'sign'} in through this source, and no longer can once you delete it. Accounts stay.`
      }
      To pause it, turn it off instead.
    </p>
    <form method="post" action="${page}/delete" class="delete">
      <label for="confirm">Type <code>${id}</code> to delete this source</label>
      ${error && html`<p class="error" id="confirm-error">${error}</p>`}
      <div class="actions">
        <input
          id="confirm"
          name="confirm"
          class="exact"
          autocomplete="off"
          spellcheck="false"
          autocapitalize="none"
          required
          ${error && html`aria-invalid="true" aria-describedby="confirm-error"`}
        />
        <button class="danger">Delete source</button>
      </div>
    </form>
  </section>`
}
