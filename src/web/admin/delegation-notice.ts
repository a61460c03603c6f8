import type { AdminSource } from '../../stored-sources/admin-source'
import { html, type Html } from '../html'

interface View {
  source: AdminSource
  canAccept: boolean
}

/** Says whom a source lets in that an admin of an organization set up. `page`: the path of the source's page. */
export function delegationNotice({ source, canAccept }: View, page: string): Html | undefined {
  const { delegation, config } = source
  if (!delegation) return undefined
  const { unproven } = delegation
  const listed = (config.domains ?? []).length - unproven.length
  if (unproven.length === 0 && listed > 0) return undefined
  return html`<div class="banner warn" role="status">
    ${
      unproven.length > 0
        ? html`<p>
            ${unproven.length === 1 ? 'This domain has' : 'These domains have'} no effect until the team that
            runs this app accepts ${unproven.length === 1 ? 'it' : 'them'}:
            ${unproven.map((domain, i) => html`${i > 0 && ', '}<code>${domain}</code>`)}.
          </p>`
        : undefined
    }
    ${
      listed <= 0 &&
      html`<p>
        No one new can sign in through this source, since none of its domains is accepted. People who already
        sign in through it still can.
      </p>`
    }
    ${canAccept && unproven.length > 0 && acceptForm(unproven, page)}
  </div>`
}

function acceptForm(domains: readonly string[], page: string): Html {
  return html`<form method="post" action="${page}/domains">
    ${domains.map((domain) => html`<input type="hidden" name="domain" value="${domain}" />`)}
    <p>Accept a domain only if it belongs to this customer: this source then speaks for its addresses.</p>
    <button class="button">Accept ${domains.length === 1 ? 'this domain' : 'these domains'}</button>
  </form>`
}
