import { html, type Html } from '../html'
import { frame } from './page-parts'

/** A page that says why a request was refused, with a link to the next page. */
export function refusalPage(title: string, message: string, link?: { label: string; href: string }): Html {
  return frame({
    main: html`<h1>${title}</h1>
      <p>${message}</p>
      ${link && html`<p><a class="button" href="${link.href}">${link.label}</a></p>`}`,
  })
}
