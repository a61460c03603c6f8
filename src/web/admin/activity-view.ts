import type { Activity } from '../../activity/activity'
import type { ActivityEntry, DayCount } from '../../activity/entry'

export interface ActivityView {
  /** The path of the source's page, where the search form is sent. */
  page: string
  /** Undefined if the app keeps no activity. */
  kept?: { days: number; recent: ActivityEntry[]; perDay: DayCount[] }
  /** The reference that was searched for, and its entry if there is one. */
  search?: { reference: string; found: ActivityEntry | undefined }
}

/** How many sign-ins the section lists. */
const RECENT = 25

/** How many days its chart covers. */
const DAYS = 30

interface Wanted {
  source: string
  page: string
  /** From the page's query. */
  reference?: unknown
}

/** Reads what the section shows. Rejects if the database does not answer. */
export async function readActivity(
  activity: Activity | undefined,
  { source, page, reference }: Wanted,
): Promise<ActivityView> {
  if (!activity) return { page }
  const text = typeof reference === 'string' ? reference.trim() : ''
  const [recent, perDay, found] = await Promise.all([
    activity.recent(source, RECENT),
    activity.perDay(source, DAYS),
    findEntry(activity, text),
  ])
  return {
    page,
    kept: { days: activity.keepDays, recent, perDay },
    ...(text !== '' && { search: { reference: text, found } }),
  }
}

/** People paste more than the reference, such as the error code before it. */
async function findEntry(activity: Activity, text: string): Promise<ActivityEntry | undefined> {
  const reference = /\b[0-9a-f]{10}\b/i.exec(text)?.[0].toLowerCase()
  return reference === undefined ? undefined : activity.byReference(reference)
}
