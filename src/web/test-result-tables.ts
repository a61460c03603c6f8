import type { ExplainedField, Explanation, UnmappedAttribute } from '../login/explanation'
import type { Change } from '../login/result'
import { html, type Html } from './html'
import { alternativesHtml, changeHtml, nameHtml, valueHtml } from './values'

/** Each mapped field of a test sign-in: its received value, the converted one and the change to the user. */
export function fieldsHtml(explanation: Explanation): Html {
  const { fields } = explanation
  const silent = fields.filter(isSilent)
  return table(
    { id: 'fields', title: 'Fields', columns: ['Field', 'Received', 'Converted', 'Change'] },
    html`<tbody>
        ${fields.filter((field) => !isSilent(field)).map((field) => fieldRow(explanation, field))}
      </tbody>
      ${silent.length > 0 && silentRows(silent)}`,
  )
}

function table({ id, title, columns }: { id: string; title: string; columns: string[] }, rows: Html): Html {
  return html`<h2 id="${id}">${title}</h2>
    <table class="${id}" aria-labelledby="${id}">
      <thead>
        <tr>
          ${columns.map((column) => html`<th scope="col">${column}</th>`)}
        </tr>
      </thead>
      ${rows}
    </table>`
}

function fieldRow(explanation: Explanation, field: ExplainedField): Html {
  const state = field.change ? 'changed' : field.nearMisses.length > 0 ? 'near-miss' : 'skipped'
  return html`<tr class="${state}">
    <th scope="row">
      ${field.label}<br /><code>${field.attribute}</code> ${alternativesHtml(field.alternatives)}
    </th>
    <td data-label="Received">${receivedHtml(field)}</td>
    <td data-label="Converted">${convertedHtml(field.became)}</td>
    <td data-label="Change">${writtenHtml(explanation, field)}</td>
  </tr>`
}

/** Not received, with nothing else to say about it. */
function isSilent({ became, change, notices, nearMisses }: ExplainedField): boolean {
  return became.state === 'absent' && !change && notices.length + nearMisses.length === 0
}

function silentRows(fields: ExplainedField[]): Html {
  return html`<tbody class="silent">
    <tr>
      <th scope="rowgroup" colspan="4">Not received: no change</th>
    </tr>
    ${fields.map(
      ({ label, attribute, alternatives }) =>
        html`<tr>
          <th scope="row">${label}</th>
          <td colspan="3"><code>${attribute}</code> ${alternativesHtml(alternatives)}</td>
        </tr>`,
    )}
  </tbody>`
}

function receivedHtml({ received, attribute, nearMisses }: ExplainedField): Html {
  if (received !== undefined && received !== null) return valueHtml(received)
  return html`<span class="quiet">Not received</span> ${nearMisses.map(
      (name) =>
        html`<p class="hint">But ${nameHtml(name)} was. Send it as <code>${attribute}</code> instead.</p>`,
    )}`
}

function convertedHtml(became: ExplainedField['became']): Html {
  switch (became.state) {
    case 'value':
      return valueHtml(became.value)
    case 'invalid':
      return html`<span class="hint">Can’t be used: it ${became.reason}</span>`
    case 'user':
      return html`<bdi>${became.label}</bdi><br /><code>${became.id}</code>`
    case 'pending':
      return html`<span class="quiet">No such user yet</span>`
    case 'empty':
      return html`<span class="quiet">empty</span>`
    default:
      return html`<span class="quiet">–</span>`
  }
}

function writtenHtml({ refusal, outcome }: Explanation, field: ExplainedField): Html {
  const notices = field.notices.map((notice) => html`<p class="hint">${notice}</p>`)
  if (refusal) return html`<span class="quiet">No change</span>${notices}`
  if (field.change) return html`${changeHtml(field.change)}${notices}`
  if (!field.selected) {
    const when = outcome === 'provisioned' ? 'when it creates users' : 'at later sign-ins'
    return html`<span class="quiet">No change: this source doesn’t write it ${when}</span>`
  }
  if (notices.length > 0) return html`${notices}`
  return html`<span class="quiet">No change</span>`
}

/** What the app and the source set, whatever arrived. */
export function setHtml(set: readonly Change[]): Html | false {
  return (
    set.length > 0 &&
    table(
      { id: 'set', title: 'Set by the app', columns: ['Field', 'Change'] },
      html`<tbody>
        ${set.map(
          (change) =>
            html`<tr class="changed">
              <th scope="row">${change.label}<br /><code>${change.path}</code></th>
              <td data-label="Change">${changeHtml(change)}</td>
            </tr>`,
        )}
      </tbody>`,
    )
  )
}

/** Attributes that no field is mapped to. */
export function unmappedHtml(unmapped: UnmappedAttribute[]): Html | false {
  return (
    unmapped.length > 0 &&
    table(
      { id: 'unmapped', title: 'Unmapped attributes', columns: ['Attribute', 'Received', 'Hint'] },
      html`<tbody>
        ${unmapped.map(unmappedRow)}
      </tbody>`,
    )
  )
}

function unmappedRow({ name, value, expected }: UnmappedAttribute): Html {
  const unused = name === 'email_verified' ? 'see Email verified above' : 'not used'
  const hint =
    expected === undefined
      ? html`<span class="quiet">${unused}</span>`
      : html`<span class="hint">Probably <code>${expected}</code></span>`
  return html`<tr class="${expected === undefined ? 'skipped' : 'near-miss'}">
    <th scope="row">${nameHtml(name)}</th>
    <td data-label="Received">${valueHtml(value)}</td>
    <td data-label="Hint">${hint}</td>
  </tr>`
}
