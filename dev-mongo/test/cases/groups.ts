import { aggregations } from './aggregations'
import { indexes } from './indexes'
import { queries } from './queries'
import type { Case } from './types'
import { updates } from './updates'

/** All cases. Each group has a fixture file of its own. */
export const groups: Record<string, Record<string, Case>> = { queries, updates, indexes, aggregations }
