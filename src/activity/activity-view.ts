import type { Activity } from './activity'

/** The activity that an admin may see. */
export type ActivityView = Pick<Activity, 'keepDays' | 'recent' | 'perDay' | 'lastSignIn' | 'byReference'>

interface Scope {
  organization: string
  /** Whether a source belongs to it now. */
  has: (source: string) => boolean
}

/**
 * Shows the activity of one organization's sources. It hides entries of other organizations and entries without one,
 * even if the source with that id now belongs to this organization.
 */
export function activityWithin(activity: Activity, { organization, has }: Scope): ActivityView {
  const scope = { organization }
  return {
    keepDays: activity.keepDays,
    recent: async (source, limit) => (has(source) ? activity.recent(source, limit, scope) : []),
    perDay: (source, days) => activity.perDay(source, days, has(source) ? scope : nothing),
    lastSignIn: (sources) => activity.lastSignIn(sources.filter(has), scope),
    byReference: async (reference) => {
      const entry = await activity.byReference(reference, scope)
      return entry && has(entry.source) ? entry : undefined
    },
  }
}

const nothing = { organization: { $in: [] as string[] } }
