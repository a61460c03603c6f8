/** A median, and the quartiles around it. */
export interface Spread {
  median: number
  low: number
  high: number
}

/** The value below which a share of the values lies, interpolated between two values. NaN if there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  const at = share * (sorted.length - 1)
  const [below, above] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]]
  if (below === undefined || above === undefined) return NaN
  return below + (above - below) * (at - Math.floor(at))
}

export function spread(values: readonly number[]): Spread {
  return { median: quantile(values, 0.5), low: quantile(values, 0.25), high: quantile(values, 0.75) }
}

/** The spread of the ratios of pairs. Each pair was measured within one round. */
export function ratio(values: readonly number[], toThese: readonly number[]): Spread {
  return spread(values.map((value, i) => value / toThese[i]!))
}
