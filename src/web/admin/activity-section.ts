import type { Activity } from '../../activity/activity'
import type { ActivityEntry, ActivityRefusal, DayCount } from '../../activity/entry'
import { isNearMiss } from '../../fields/near-miss'
import { html, type Html } from '../html'
import { remedyFor } from '../remedies'
import { changeHtml, nameHtml, nameList } from '../values'
import { activityChart } from './activity-chart'
import { timeAgo } from './page-parts'

export interface ActivityView {
  /** The path of the source's page: the search form is sent there, with `reference` in the query. */
  page: string
  /** Undefined where the app keeps no activity. */
  kept?: { days: number; recent: ActivityEntry[]; perDay: DayCount[] }
  /** The reference that was searched for, and what was found: undefined for nothing. */
  search?: { reference: string; found: ActivityEntry | undefined }
}

const RECENT = 25
const DAYS = 30

/** Reads what the section shows. `reference`: from the page's query. Rejects where the database is away. */
export async function readActivity(
  activity: Activity | undefined,
  source: string,
  page: string,
  reference?: unknown,
): Promise<ActivityView> {
  if (!activity) return { page }
  const wanted = typeof reference === 'string' ? reference.trim() : ''
  const [recent, perDay, found] = await Promise.all([
    activity.recent(source, RECENT),
    activity.perDay(source, DAYS),
    findEntry(activity, wanted),
  ])
  return {
    page,
    kept: { days: activity.keepDays, recent, perDay },
    ...(wanted !== '' && { search: { reference: wanted, found } }),
  }
}

/** People copy more than they should: the code that stands before the reference, or their own words. */
async function findEntry(activity: Activity, text: string): Promise<ActivityEntry | undefined> {
  const reference = /\b[0-9a-f]{10}\b/i.exec(text)?.[0].toLowerCase()
  return reference === undefined ? undefined : activity.byReference(reference)
}

/** The section *Activity* of a source's page: a chart, a search for a refusal, and the last sign-ins. */
export function activitySection({ page, kept, search }: ActivityView): Html {
  return html`<section id="activity" class="activity" aria-labelledby="activity-title">
    <h2 id="activity-title">Activity</h2>
    ${
      kept
        ? html`${kept.recent.length === 0 ? nothingYet(kept.days) : activityChart(kept.perDay)}
          ${searchForm(page, search)} ${kept.recent.length > 0 && recentTable(kept)}`
        : html`<p class="quiet">This app keeps no record of sign-ins.</p>`
    }
  </section>`
}

function nothingYet(days: number): Html {
  return html`<p class="empty">
    Nobody has signed in through this source yet. When somebody does, or is refused, you can see it here for
    ${days} days. Test sign-ins are not counted.
  </p>`
}

function searchForm(page: string, search: ActivityView['search']): Html {
  return html`<form class="search" method="get" action="${page}#activity" role="search">
      <label for="activity-reference">Find a refused sign-in by its reference</label>
      <input
        type="search"
        id="activity-reference"
        name="reference"
        value="${search?.reference}"
        autocomplete="off"
        spellcheck="false"
        aria-describedby="activity-reference-hint"
      />
      <button>Find</button>
      <p class="quiet" id="activity-reference-hint">The page of a refused sign-in shows it.</p>
    </form>
    ${search && searchResult(search)}`
}

function searchResult({ reference, found }: NonNullable<ActivityView['search']>): Html {
  if (!found) {
    return html`<p class="found" role="status">
      There is no refused sign-in with the reference <code>${reference}</code>, or no longer.
    </p>`
  }
  return html`<div class="found" role="status">
    <p>
      <strong>${outcomeWords[found.outcome]}</strong> ${timeAgo(found.at)}, at the source
      <code>${found.source}</code>
    </p>
    ${found.refusal && refusalHtml(found.refusal)}
  </div>`
}

const outcomeWords: Record<ActivityEntry['outcome'], string> = {
  provisioned: 'Created',
  linked: 'Linked',
  synced: 'Signed in, updated',
  unchanged: 'Signed in',
  refused: 'Refused',
  failed: 'Failed',
}

function recentTable({ recent, days }: NonNullable<ActivityView['kept']>): Html {
  return html`<table class="recent">
    <caption>
      The last ${recent.length === 1 ? 'sign-in' : `${recent.length} sign-ins`}, kept for ${days} days
    </caption>
    <thead>
      <tr>
        <th scope="col">When</th>
        <th scope="col">Outcome</th>
        <th scope="col">Who</th>
        <th scope="col">What happened</th>
      </tr>
    </thead>
    <tbody>
      ${recent.map(entryRow)}
    </tbody>
  </table>`
}

function entryRow(entry: ActivityEntry): Html {
  const { at, outcome, user, refusal } = entry
  return html`<tr class="${outcome}">
    <td data-label="When">${timeAgo(at)}</td>
    <td data-label="Outcome">${outcomeWords[outcome]}</td>
    <td data-label="Who">${user ? whoHtml(user) : html`<span class="quiet">not known</span>`}</td>
    <td data-label="What happened">${refusal ? refusalHtml(refusal) : changesHtml(entry)}</td>
  </tr>`
}

function whoHtml({ id, label }: NonNullable<ActivityEntry['user']>): Html {
  return html`<bdi>${label}</bdi>${label !== id && html`<br /><code>${id}</code>`}`
}

function changesHtml({ changes, notices }: ActivityEntry): Html {
  return html`${changes.length === 0 ? html`<p class="quiet">No field changed</p>` : changedFields(changes)}
  ${notices.length > 0 && noticesHtml(notices)}`
}

/** One below the other where their values are kept too, else in one sentence. */
function changedFields(changes: ActivityEntry['changes']): Html {
  if (!changes.some((change) => 'to' in change)) {
    return html`<p>${changes.map(({ label }) => label).join(', ')}</p>`
  }
  return html`<ul class="changes">
    ${changes.map((change) => html`<li>${change.label}: ${changeHtml(change)}</li>`)}
  </ul>`
}

const noticeWords: Record<ActivityEntry['notices'][number]['code'], string> = {
  attribute_missing: 'did not arrive',
  invalid_value: 'could not be used',
  conflict: 'belongs to another user',
  multiple_values: 'arrived with several values',
  near_miss: 'arrived, and looks like a name that did not',
  not_cleared: 'arrived without a value, and is never cleared',
  reference_pending: 'names nobody who is here yet, or several',
  owned_elsewhere: 'is left to another source',
}

function noticesHtml(notices: ActivityEntry['notices']): Html {
  return html`<details>
    <summary>${notices.length === 1 ? '1 notice' : `${notices.length} notices`}</summary>
    <ul>
      ${notices.map(({ code, attribute, path }) => html`<li>${nameHtml(attribute ?? path ?? '')} ${noticeWords[code]}</li>`)}
    </ul>
  </details>`
}

/** The reason as the admin needs it, what to do about it, and what the person can be asked for. */
function refusalHtml(refusal: ActivityRefusal): Html {
  const { code, message, check, provider, reference, expected, received = [] } = refusal
  return html`<p>${message}</p>
    ${provider !== undefined && html`<p>The provider’s answer: <code>${provider}</code></p>`}
    ${
      expected &&
      html`<div class="side-by-side">${nameList('Expected', expected)} ${nameList('Received', received)}</div>
        ${nearMisses(expected, received)}`
    }
    <p>${remedyFor(code, check)}</p>
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
