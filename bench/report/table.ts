import type { Spread } from '../statistics'

/** A table in Markdown. */
export function table(heads: string[], rows: string[][]): string {
  const line = (cells: string[]): string => `| ${cells.join(' | ')} |`
  return [line(heads), line(heads.map((_, i) => (i === 0 ? '---' : '--:'))), ...rows.map(line)].join('\n')
}

/** A number with three figures, or none where there is nothing to say. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return ''
  const digits = value === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2
  return value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** A median with its quartiles. */
export function spreadOf({ median, low, high }: Spread): string {
  return `${figure(median)} (${figure(low)} to ${figure(high)})`
}
