import type { Source } from '../../sources/config'
import type { SourceDetails } from '../../sources/details'
import { html, type Html } from '../html'
import { valueList } from './page-parts'
import { setupGuide, setupProducts } from './setup-guides'
import type { ProductGuide } from './setup-guides/steps'

/** The setup steps of a source's page, for the product that was chosen, with this source's values. */
export function setupSection(page: string, details: SourceDetails, source: Source, chosen: unknown): Html {
  const product = setupProducts.find(({ id }) => id === chosen)
  return html`<section id="setup" aria-labelledby="setup-title">
    <h2 id="setup-title">Setup steps</h2>
    <p>Choose your identity provider, and follow the steps in its own words.</p>
    <ul class="products">
      ${setupProducts.map(
        ({ id, name }) =>
          html`<li>
            <a href="${page}?product=${id}#setup" ${id === product?.id && html`aria-current="true"`}
              >${name}</a
            >
          </li>`,
      )}
    </ul>
    ${product && steps(product, details, source)}
  </section>`
}

function steps(product: ProductGuide, details: SourceDetails, source: Source): Html {
  return html`<ol class="steps">
    ${setupGuide(product, details, source).map(
      ({ title, text, values }) =>
        html`<li>
          <h3>${title}</h3>
          <p>${text}</p>
          ${values.length > 0 && valueList(values)}
        </li>`,
    )}
  </ol>`
}
