import type { Activity } from '../../activity/activity'
import type { ActivityEntry, DayCount } from '../../activity/entry'
import { html, type Html } from '../html'

export interface ActivityView {
  /** The path of the source's page: the search form is sent there, with `reference` in the query. */
  page: string
  /** Undefined where the app keeps no activity. */
  kept?: { days: number; recent: ActivityEntry[]; perDay: DayCount[] }
  /** The reference that was searched for, and what was found: undefined for nothing. */
  search?: { reference: string; found: ActivityEntry | undefined }
}

/** Reads what the section shows. `reference`: from the page's query. Rejects where the database is away. */
export function readActivity(
  _activity: Activity | undefined,
  _source: string,
  page: string,
  _reference?: unknown,
): Promise<ActivityView> {
  return Promise.resolve({ page })
}

/** The section *Activity* of a source's page. */
export function activitySection(_view: ActivityView): Html {
  return html`<section id="activity"></section>`
}
