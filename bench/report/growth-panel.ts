import type { Results } from '../results'
import { dot, line, type Place, text } from './svg'
import { figure } from './table'

const WIDTH = 170
const HEIGHT = 150
const GAP = 45

/** Median milliseconds of `jit.login()` as something grows. */
export function growthPanel({ x, y }: Place, { fields, sources, users }: Results): string {
  const inCode = sources.filter(({ stored }) => !stored)
  const curves: [string, [number, number][]][] = [
    ['fields', fields.map(({ fields: n, unchanged }) => [n, unchanged.latency.p50])],
    ['sources in code', inCode.map(({ sources: n, unchanged }) => [n, unchanged.latency.p50])],
    ['users', users.map(({ users: n, unchanged }) => [n, unchanged.latency.p50])],
  ]
  const charts = curves.map(([title, points], i) =>
    chart({ x: x + i * (WIDTH + GAP), y: y + 50 }, title, points),
  )
  return [
    text({ x, y }, 'Milliseconds of the engine for a returning person, as it grows', { as: 'title' }),
    text({ x, y: y + 20 }, 'Medians; the lines below stand for none', { as: 'small' }),
    ...charts,
  ].join('\n')
}

/** Sizes on a logarithmic axis, times on a linear one that begins at nought. */
function chart({ x, y }: Place, title: string, points: [size: number, time: number][]): string {
  const sizes = points.map(([size]) => Math.log(size))
  const [first, last] = [Math.min(...sizes), Math.max(...sizes)]
  const most = 1.25 * Math.max(...points.map(([, time]) => time))
  const bottom = y + HEIGHT
  const places = points.map(([, time], i) => ({
    x: x + ((sizes[i]! - first) / (last - first)) * WIDTH,
    y: bottom - (time / most) * HEIGHT,
  }))
  return [
    text({ x, y: y - 4 }, title),
    line(
      [
        { x, y: bottom },
        { x: x + WIDTH, y: bottom },
      ],
      'axis',
    ),
    line(places, 'curve'),
    ...places.map((place) => dot(place, 'first')),
    ...places.map((place, i) =>
      text({ x: place.x, y: place.y - 9 }, figure(points[i]![1]), { anchor: 'middle', as: 'small' }),
    ),
    ...places.map((place, i) =>
      text({ x: place.x, y: bottom + 17 }, short(points[i]![0]), { anchor: 'middle', as: 'small' }),
    ),
  ].join('\n')
}

function short(size: number): string {
  return size.toLocaleString('en', { notation: 'compact' })
}
