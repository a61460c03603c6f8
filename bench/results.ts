import type { Machine } from './machine'
import type { EngineRow } from './parts/engine'
import type { FieldsRow, SourcesRow, UsersRow } from './parts/growth'
import type { LoadComparison } from './parts/load'
import type { MemoryRow } from './parts/memory'
import type { MondayRow } from './parts/monday'
import type { Comparison } from './parts/sign-ins'
import type { Sizes } from './sizes'

/** All that a run has measured. */
export interface Results {
  /** How it was started. */
  command: string
  sizes: Sizes
  machine: Machine
  /** The system's load, averaged over a minute, at the beginning and at the end: one is one busy core. */
  load: { before: number; after: number }
  minutes: number
  database: string
  signIns: Comparison[]
  loads: LoadComparison[]
  engine: EngineRow[]
  fields: FieldsRow[]
  sources: SourcesRow[]
  users: UsersRow[]
  memory: MemoryRow[]
  monday: MondayRow[]
}
