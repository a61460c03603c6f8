import type { Results } from '../results'
import { growthPanel } from './growth-panel'
import { loadPanel } from './load-panel'
import { mondayPanel } from './monday-panel'
import { ratioPanel } from './ratio-panel'
import { svg } from './svg'

/** results.svg: the main figures of RESULTS.md. */
export function picture(results: Results): string {
  return svg(1040, 720, 'What a sign-in costs', [
    ratioPanel({ x: 30, y: 30 }, results.signIns),
    loadPanel({ x: 525, y: 30 }, results.loads),
    growthPanel({ x: 30, y: 480 }, results),
    mondayPanel({ x: 740, y: 480 }, results.monday),
  ])
}
