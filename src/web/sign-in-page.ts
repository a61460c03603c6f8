import type { SourceDetails } from '../sources/details'
import { html, type Html } from './html'

/** The page that offers every enabled source. */
export function signInPage(
  sources: readonly SourceDetails[],
  baseUrl: string,
  returnTo: string | undefined,
): Html {
  const query = returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : ''
  if (sources.length === 0) {
    return html`<h1>Sign in</h1>
      <p class="quiet">Company sign-in is not set up here yet. Please ask your administrator.</p>`
  }
  return html`<h1>Sign in</h1>
    <p class="quiet">Continue with your company account.</p>
    <ul class="sources">
      ${sources.map(
        ({ id, label }) =>
          html`<li>
            <a class="button" href="${baseUrl}/${id}/login${query}"><bdi>${label}</bdi></a>
          </li>`,
      )}
    </ul>`
}
