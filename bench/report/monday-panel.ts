import type { MondayRow } from '../parts/monday'
import { line, type Place, rect, text } from './svg'
import { figure } from './table'

const WIDTH = 250
const HEIGHT = 150

/** How long people wait for the app on a Monday morning. */
export function mondayPanel({ x, y }: Place, monday: MondayRow[]): string {
  const marks = ['p50', 'p90', 'p99'] as const
  const most = 1.15 * Math.max(...monday.map(({ latency }) => latency.p99))
  const bottom = y + 50 + HEIGHT
  const group = WIDTH / marks.length
  const width = (group - 22) / monday.length
  const bars = marks.flatMap((mark, i) =>
    monday.flatMap(({ latency }, j) => {
      const height = (latency[mark] / most) * HEIGHT
      const left = x + i * group + j * (width + 2)
      return [
        rect({ x: left, y: bottom - height }, width, height, j === 0 ? 'first' : 'second'),
        text({ x: left + width / 2, y: bottom - height - 5 }, figure(latency[mark]), {
          anchor: 'middle',
          as: 'small',
        }),
      ]
    }),
  )
  return [
    text({ x, y }, 'A Monday morning, milliseconds', { as: 'title' }),
    ...monday.flatMap(({ instances }, j) => [
      rect({ x: x + j * 120, y: y + 11 }, 12, 12, j === 0 ? 'first' : 'second'),
      text({ x: x + j * 120 + 17, y: y + 22 }, instances === 1 ? 'one instance' : `${instances} instances`, {
        as: 'small',
      }),
    ]),
    line(
      [
        { x, y: bottom },
        { x: x + WIDTH, y: bottom },
      ],
      'axis',
    ),
    ...bars,
    ...marks.map((mark, i) =>
      text({ x: x + i * group + (group - 20) / 2, y: bottom + 17 }, mark, { anchor: 'middle', as: 'small' }),
    ),
  ].join('\n')
}
