import type { ActivityEntry, ActivityRefusal } from '../../activity/entry'
import { isNearMiss } from '../../fields/near-miss'
import type { Protocol } from '../../sources/config'
import { html, type Html } from '../html'
import { remedyFor } from '../remedies'
import { changeHtml, nameHtml, nameList } from '../values'
import { timeAgo } from './page-parts'

export const outcomeLabels: Record<ActivityEntry['outcome'], string> = {
  provisioned: 'Created',
  linked: 'Linked',
  synced: 'Signed in, updated',
  unchanged: 'Signed in',
  refused: 'Refused',
  failed: 'Failed',
}

export function entryRow(entry: ActivityEntry, protocol: Protocol | undefined): Html {
  const { at, outcome, user, refusal } = entry
  return html`<tr class="${outcome}">
    <td data-label="When">${timeAgo(at)}</td>
    <td data-label="Outcome">${outcomeLabels[outcome]}</td>
    <td data-label="Who">${user ? whoHtml(user) : html`<span class="quiet">not known</span>`}</td>
    <td data-label="What happened">${refusal ? refusalHtml(refusal, protocol) : changesHtml(entry)}</td>
  </tr>`
}

function whoHtml({ id, label }: NonNullable<ActivityEntry['user']>): Html {
  return html`<bdi>${label}</bdi>${label !== id && html`<br /><code>${id}</code>`}`
}

function changesHtml({ changes, notices }: ActivityEntry): Html {
  return html`${changes.length === 0 ? html`<p class="quiet">No field changed</p>` : changedFields(changes)}
  ${notices.length > 0 && noticesHtml(notices)}`
}

/** One per line if their values are kept, else in one sentence. */
function changedFields(changes: ActivityEntry['changes']): Html {
  if (!changes.some((change) => 'to' in change)) {
    return html`<p>${changes.map(({ label }) => label).join(', ')}</p>`
  }
  return html`<ul class="changes">
    ${changes.map((change) => html`<li>${change.label}: ${changeHtml(change)}</li>`)}
  </ul>`
}

const noticeLabels: Record<ActivityEntry['notices'][number]['code'], string> = {
  attribute_missing: 'was not received',
  invalid_value: 'could not be used',
  conflict: 'belongs to another user',
  multiple_values: 'was received with several values',
  near_miss: 'looks like a misspelled attribute name',
  not_cleared: 'was received empty, but is never cleared',
  reference_pending: 'matches no user yet, or more than one',
  owned_elsewhere: 'is decided by another source',
}

function noticesHtml(notices: ActivityEntry['notices']): Html {
  return html`<details>
    <summary>${notices.length === 1 ? '1 notice' : `${notices.length} notices`}</summary>
    <ul>
      ${notices.map(({ code, attribute, path }) => html`<li>${nameHtml(attribute ?? path ?? '')} ${noticeLabels[code]}</li>`)}
    </ul>
  </details>`
}

/** Why a sign-in was refused, what to do about it, and what to ask the person for. */
export function refusalHtml(refusal: ActivityRefusal, protocol: Protocol | undefined): Html {
  const { code, message, check, provider, description, reference, expected, received = [] } = refusal
  return html`<p>${message}</p>
    ${
      provider !== undefined &&
      html`<p>
        The provider’s answer:
        <code>${provider}</code> ${description !== undefined && html`<bdi>${description}</bdi>`}
      </p>`
    }
    ${
      expected &&
      html`<div class="side-by-side">${nameList('Expected', expected)} ${nameList('Received', received)}</div>
        ${nearMisses(expected, received)}`
    }
    <p>${remedyFor(refusal, protocol)}</p>
    <p class="quiet codes">
      <code>${code}</code> ${check !== undefined && html`check <code>${check}</code>`} reference
      <code>${reference}</code>
    </p>`
}

function nearMisses(expected: readonly string[], received: readonly string[]): Html[] {
  const missing = expected.filter((name) => !received.includes(name))
  return missing.flatMap((name) =>
    received
      .filter((other) => !expected.includes(other) && isNearMiss(other, name))
      .map(
        (other) =>
          html`<p class="near-miss">
            <code>${other}</code> arrived: send it as <code>${name}</code> instead.
          </p>`,
      ),
  )
}
