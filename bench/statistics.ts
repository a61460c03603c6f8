/** A median, and how far the middle half of what was measured spreads around it. */
export interface Spread {
  median: number
  /** The quartiles. */
  low: number
  high: number
}

/** The value below which a share of the values lies; between two of them, interpolated. Of none: NaN. */
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

/** The spread of ratios of what was measured in pairs, one right after the other. */
export function ratio(values: readonly number[], toThese: readonly number[]): Spread {
  return spread(values.map((value, i) => value / toThese[i]!))
}

/** How latencies are distributed. */
export interface Latency {
  p50: number
  p90: number
  p99: number
  max: number
}

export function latency(milliseconds: readonly number[]): Latency {
  return {
    p50: quantile(milliseconds, 0.5),
    p90: quantile(milliseconds, 0.9),
    p99: quantile(milliseconds, 0.99),
    max: quantile(milliseconds, 1),
  }
}
