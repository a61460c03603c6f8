import type { Comparison } from '../parts/sign-ins'
import { sideNames } from './sign-in-section'
import { line, type Place, rect, text } from './svg'
import { figure } from './table'

const WIDTH = 400
const BAR = 13
const STEP = 58

/** The app's CPU per sign-in, as a share of what the others take. */
export function ratioPanel({ x, y }: Place, comparisons: Comparison[]): string {
  const groups = comparisons.flatMap(({ title, others }) =>
    others.map(({ side, cpuRatio }) => ({ title: `${title} ÷ ${sideNames[side]}`, ...cpuRatio })),
  )
  const most = Math.max(1, ...groups.map(({ day }) => day.high), ...groups.map(({ moment }) => moment.high))
  const scale = WIDTH / (1.1 * most)
  const top = y + 40
  const rows = groups.flatMap(({ title, day, moment }, i) => [
    text({ x, y: top + i * STEP + 13 }, title),
    ...[day, moment].map(({ median, low, high }, j) => {
      const at = top + i * STEP + 19 + j * (BAR + 2)
      const ends = [low, high].map((end) => ({ x: x + end * scale, y: at + BAR / 2 }))
      return [
        rect({ x, y: at }, median * scale, BAR, j === 0 ? 'first' : 'second'),
        line(ends, 'spread'),
        text({ x: x + Math.max(high, median) * scale + 6, y: at + BAR - 2 }, figure(median), { as: 'small' }),
      ].join('\n')
    }),
    goal(x + scale, top + i * STEP + 17),
  ])
  const bottom = top + groups.length * STEP
  return [
    text({ x, y }, 'CPU of a sign-in: passport-jit ÷ the bare strategy', { as: 'title' }),
    ...legend({ x, y: y + 14 }),
    ...rows,
    text({ x: x + scale, y: bottom + 13 }, 'as much', { anchor: 'middle', as: 'small' }),
  ].join('\n')
}

/** Where a bar ends that stands for as much CPU as the other takes. */
function goal(x: number, y: number): string {
  return line(
    [
      { x, y },
      { x, y: y + 2 * BAR + 6 },
    ],
    'goal',
  )
}

function legend({ x, y }: Place): string[] {
  return ['last here yesterday', 'within the hour'].flatMap((title, i) => [
    rect({ x: x + i * 150, y }, 12, 12, i === 0 ? 'first' : 'second'),
    text({ x: x + i * 150 + 17, y: y + 11 }, title, { as: 'small' }),
  ])
}
