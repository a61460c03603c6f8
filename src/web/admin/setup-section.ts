import type { Source } from '../../sources/config'
import type { SourceDetails } from '../../sources/details'
import { html, type Html } from '../html'
import { valueList } from './page-parts'
import { setupGuide, setupProducts } from './setup-guides/products'

type SetupView = { page: string; details: SourceDetails; source: Source; productId: unknown }

/** The products, and the setup steps for the chosen one. */
export function setupSection({ page, details, source, productId }: SetupView): Html {
  const product = setupProducts.find(({ id }) => id === productId)
  const steps = product && setupGuide(product, details, source)
  return html`<section id="setup" aria-labelledby="setup-title">
    <h2 id="setup-title">Setup steps</h2>
    <p>Choose your identity provider and follow its steps.</p>
    <ul class="products">
      ${setupProducts.map(
        ({ id, name }) =>
          html`<li>
            <a href="${page}?product=${id}#setup" ${id === productId && html`aria-current="true"`}>${name}</a>
          </li>`,
      )}
    </ul>
    ${
      steps &&
      html`<ol class="steps">
        ${steps.map(
          ({ title, text, values }) =>
            html`<li>
              <h3>${title}</h3>
              <p>${text}</p>
              ${values.length > 0 && valueList(values)}
            </li>`,
        )}
      </ol>`
    }
  </section>`
}
