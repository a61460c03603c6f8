import type { ActivityView as Activity } from '../../activity/activity-view'
import type { ActivityEntry, DayCount } from '../../activity/entry'
import type { Protocol } from '../../sources/config'
import { html, type Html } from '../html'
import { entryRow, outcomeLabels, refusalHtml } from './activity-entry'
import { activityChart } from './activity-chart'
import { tableHead, timeAgo } from './page-parts'

export interface ActivityView {
  /** The path of the source's page, where the search form is sent. */
  page: string
  /** Undefined if the app keeps no activity. */
  kept?: { days: number; recent: ActivityEntry[]; perDay: DayCount[] }
  /** The reference that was searched for, and its entry if there is one. */
  search?: { reference: string; entry: ActivityEntry | undefined }
}

/** The protocol of a source; undefined where there is no such source. */
export type ProtocolOf = (source: string) => Protocol | undefined

/** `reference` is from the page's query. */
type Wanted = { source: string; page: string; reference?: unknown }

/** Reads what the section shows. Rejects if the database does not answer. */
export async function readActivity(
  activity: Activity | undefined,
  { source, page, reference }: Wanted,
): Promise<ActivityView> {
  if (!activity) return { page }
  const text = typeof reference === 'string' ? reference.trim() : ''
  const [recent, perDay, entry] = await Promise.all([
    activity.recent(source, 25),
    activity.perDay(source, 30),
    findEntry(activity, text),
  ])
  return {
    page,
    kept: { days: activity.keepDays, recent, perDay },
    ...(text !== '' && { search: { reference: text, entry } }),
  }
}

/** People paste more than the reference, such as the error code before it. */
async function findEntry(activity: Activity, text: string): Promise<ActivityEntry | undefined> {
  const reference = /\b[0-9a-f]{10}\b/i.exec(text)?.[0].toLowerCase()
  return reference === undefined ? undefined : activity.byReference(reference)
}

/** The section *Activity* of a source's page: a chart, a search for a refused sign-in, and the last sign-ins. */
export function activitySection({ page, kept, search }: ActivityView, protocolOf: ProtocolOf): Html {
  return html`<section id="activity" class="activity" aria-labelledby="activity-title">
    <h2 id="activity-title">Activity</h2>
    ${
      kept
        ? html`${kept.recent.length === 0 ? nothingYet(kept.days) : activityChart(kept.perDay)}
          ${searchForm(page, search, protocolOf)} ${kept.recent.length > 0 && recentTable(kept, protocolOf)}`
        : html`<p class="quiet">This app doesn’t record sign-ins.</p>`
    }
  </section>`
}

function nothingYet(days: number): Html {
  return html`<p class="empty">
    No one has signed in through this source yet. Sign-ins and refusals appear here for ${days} days. Test
    sign-ins aren’t counted.
  </p>`
}

function searchForm(page: string, search: ActivityView['search'], protocolOf: ProtocolOf): Html {
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
    ${search && searchResult(search, protocolOf)}`
}

function searchResult(
  { reference, entry }: NonNullable<ActivityView['search']>,
  protocolOf: ProtocolOf,
): Html {
  if (!entry) {
    return html`<p class="found" role="status">
      No refused sign-in has the reference <code>${reference}</code>.
    </p>`
  }
  return html`<div class="found" role="status">
    <p>
      <strong>${outcomeLabels[entry.outcome]}</strong> ${timeAgo(entry.at)}, at the source
      <code>${entry.source}</code>
    </p>
    ${entry.refusal && refusalHtml(entry.refusal, protocolOf(entry.source))}
  </div>`
}

function recentTable({ recent, days }: NonNullable<ActivityView['kept']>, protocolOf: ProtocolOf): Html {
  return html`<table class="recent">
    <caption>
      The last ${recent.length === 1 ? 'sign-in' : `${recent.length} sign-ins`}, kept for ${days} days
    </caption>
    ${tableHead(['When', 'Outcome', 'Who', 'What happened'])}
    <tbody>
      ${recent.map((entry) => entryRow(entry, protocolOf(entry.source)))}
    </tbody>
  </table>`
}
