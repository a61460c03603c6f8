import type { MappingRow, SourceDetails } from '../../sources/details'
import { html, type Html } from '../html'
import { alternativesHtml } from '../values'
import { copyable, tableHead } from './page-parts'

/** More fields than this get a filter. */
const FILTER_FROM = 20

export function mappingSection({ fieldMapping, protocol }: SourceDetails): Html {
  const what = protocol === 'saml' ? 'attribute' : 'claim'
  return html`<section id="field-mapping" aria-labelledby="field-mapping-title">
    <h2 id="field-mapping-title">Field mapping</h2>
    <p>
      This is read-only. Change the mapping at your identity provider: send each ${what} under exactly the
      name below. Names are case-sensitive.
    </p>
    ${fieldMapping.length > FILTER_FROM && filter(fieldMapping.length)}
    <table class="mapping" id="mapping-table">
      ${tableHead(['Field', 'Attribute name', 'Type', 'Required', 'Identifier', 'Provisioned', 'Synced'])}
      ${group(fieldMapping, 'standard', 'Standard fields')} ${group(fieldMapping, 'custom', 'Custom fields')}
    </table>
  </section>`
}

/** Hidden unless the script runs, which it needs. */
function filter(count: number): Html {
  return html`<p class="filter" data-filter="mapping-table" hidden>
    <label for="mapping-filter">Filter the ${count} fields</label>
    <input type="search" id="mapping-filter" autocomplete="off" />
    <span class="quiet" role="status"></span>
  </p>`
}

function group(rows: readonly MappingRow[], kind: MappingRow['kind'], title: string): Html | false {
  const own = rows.filter((row) => row.kind === kind)
  return (
    own.length > 0 &&
    html`<tbody>
      <tr class="group">
        <th scope="rowgroup" colspan="7">${title}</th>
      </tr>
      ${own.map(mappingRow)}
    </tbody>`
  )
}

function mappingRow({ label, attribute, alternatives, type, authority, ...is }: MappingRow): Html {
  return html`<tr>
    <th scope="row">${label}${authority && order(authority)}</th>
    <td data-label="Attribute name">
      ${copyable(attribute, `the attribute name of ${label}`)} ${alternativesHtml(alternatives)}
    </td>
    <td data-label="Type">${type}</td>
    ${dot('Required', is.required)} ${dot('Identifier', is.identifier)} ${dot('Provisioned', is.provision)}
    ${dot('Synced', is.sync)}
  </tr>`
}

/** Which source decides for a person with several. */
function order(ids: readonly string[]): Html {
  return html`<br /><small
      >decided by ${ids.map((id, i) => html`${i > 0 && ', then '}<code>${id}</code>`)}</small
    >`
}

function dot(label: string, yes: boolean): Html {
  return html`<td class="dot ${!yes && 'no'}" data-label="${label}">
    <span aria-hidden="true">${yes && '●'}</span><span class="visually-hidden">${yes ? 'yes' : 'no'}</span>
  </td>`
}
