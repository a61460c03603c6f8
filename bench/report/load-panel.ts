import type { Load, LoadComparison } from '../parts/load'
import { protocolNames, sideNames } from './sign-in-section'
import { type Place, rect, text } from './svg'
import { figure } from './table'

const WIDTH = 270
const ROW = 24

const layers: { title: string; as: string; of: (load: Load) => number }[] = [
  { title: 'users', as: 'first', of: ({ users }) => users.written },
  { title: 'records that serve once', as: 'second', of: ({ once }) => once.written },
  { title: 'sessions', as: 'third', of: ({ sessions }) => sessions.written },
]

/** Bytes of writing commands per sign-in, and what they are for. */
export function loadPanel({ x, y }: Place, comparisons: LoadComparison[]): string {
  const groups = comparisons.map(({ protocol, jit, others }) => ({
    title: protocolNames[protocol],
    bars: [
      { title: 'passport-jit, last here yesterday', load: jit.day },
      { title: 'passport-jit, within the hour', load: jit.moment },
      ...others.map(({ side, load }) => ({ title: sideNames[side], load })),
    ],
  }))
  const scale = WIDTH / Math.max(...groups.flatMap(({ bars }) => bars.map(({ load }) => load.all.written)))
  const shown: string[] = []
  let at = y + 44
  for (const { title, bars } of groups) {
    shown.push(text({ x, y: at + 12 }, title))
    at += 22
    for (const one of bars) {
      shown.push(bar({ x, y: at }, one, scale))
      at += ROW
    }
    at += 12
  }
  return [
    text({ x, y }, 'Bytes of writes to the database per sign-in', { as: 'title' }),
    ...legend({ x, y: y + 14 }),
    ...shown,
  ].join('\n')
}

function bar({ x, y }: Place, { title, load }: { title: string; load: Load }, scale: number): string {
  let at = x
  const parts = layers.map(({ as, of }) => {
    const width = of(load) * scale
    at += width
    return rect({ x: at - width, y }, width, ROW - 6, as)
  })
  return [
    ...parts,
    text({ x: at + 6, y: y + 13 }, `${figure(load.all.written)} ${title}`, { as: 'small' }),
  ].join('\n')
}

function legend({ x, y }: Place): string[] {
  const starts = [0, 70, 240]
  return layers.flatMap(({ title, as }, i) => [
    rect({ x: x + starts[i]!, y }, 12, 12, as),
    text({ x: x + starts[i]! + 17, y: y + 11 }, title, { as: 'small' }),
  ])
}
