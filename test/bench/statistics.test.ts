import { quantile, ratio, spread } from '../../bench/statistics'

describe('quantile', () => {
  it('interpolates between two values', () => {
    const values = [40, 10, 30, 20]
    expect([0, 0.25, 0.5, 0.75, 1].map((share) => quantile(values, share))).toEqual([10, 17.5, 25, 32.5, 40])
    expect(values).toEqual([40, 10, 30, 20])
  })

  it('sorts numbers numerically', () => {
    expect(quantile([9, 100, 20], 0.5)).toBe(20)
  })

  it('returns the only value of one, and NaN for none', () => {
    expect([quantile([7], 0.99), quantile([], 0.5)]).toEqual([7, NaN])
  })
})

it('returns a median with its quartiles', () => {
  expect(spread([5, 1, 2, 4, 3])).toEqual({ median: 3, low: 2, high: 4 })
})

it('compares pairs, so a moment when both are slow changes nothing', () => {
  expect(ratio([10, 100, 20], [20, 200, 40])).toEqual({ median: 0.5, low: 0.5, high: 0.5 })
})
