import type { SourceConfig } from '../src/index'

/** The settings of an app process. */
export interface AppSettings {
  /** The strategies: those of this library, or the bare ones with the verify callback that most teams write. */
  side: 'jit' | 'bare'
  uri: string
  sources: SourceConfig[]
  /** Counts the commands to the database. Counting costs CPU, so no cost is measured at the same time. */
  count?: boolean
}

/** The configured address of the app. The bench sends its requests to the app's port instead. */
export const BASE_URL = 'http://app.corp.example/sso'

/** How many attributes arrive, and how many fields the model has. */
export const FIELDS = 30

export const DAY = 24 * 60 * 60 * 1000

/** Milliseconds of CPU that this process has used, system time included. */
export function cpuUsed(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
