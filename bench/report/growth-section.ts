import type { Run } from '../engine/main'
import { FEW_FIELDS } from '../parts/growth'
import type { Results } from '../results'
import { figure, table } from './table'

export function growthSection(results: Results): string {
  return ['## As it grows', fields(results), sources(results), users(results), memory(results)].join('\n\n')
}

function waits({ latency: { p50, p99 } }: Run): string {
  return `${figure(p50)} (${figure(p99)})`
}

function fields({ fields }: Results): string {
  const rows = fields.map(({ fields, unchanged, changed, callback }) => [
    String(fields),
    ...[figure(unchanged.cpu), waits(unchanged), figure(changed.cpu), waits(changed)],
    ...[figure(callback.cpu), waits(callback)],
  ])
  const kinds = ['unchanged, last here yesterday', 'changed', 'hand-written callback'].flatMap((kind) => [
    `${kind}: CPU`,
    'p50 (p99)',
  ])
  return [
    '### Fields',
    'Milliseconds per `jit.login()`, one at a time.',
    table(['fields that arrive and are mapped', ...kinds], rows),
  ].join('\n\n')
}

function sources({ sources }: Results): string {
  const rows = sources.map(({ sources, stored, unchanged, ready, heap, idle }) => [
    `${sources.toLocaleString('en')} in ${stored ? 'the database' : 'code'}`,
    ...[figure(unchanged.cpu), waits(unchanged), figure(ready), figure(heap), figure(idle)],
  ])
  const heads = [
    'sources',
    'CPU of a sign-in',
    'p50 (p99)',
    '`ready()` takes',
    'heap, MiB',
    'idle CPU, ms per second',
  ]
  return [
    '### Sources',
    `Milliseconds per \`jit.login()\` through the last of the sources, one at a time. Sources in the database are looked at every
two seconds.`,
    table(heads, rows),
  ].join('\n\n')
}

function users({ users, sizes, database }: Results): string {
  const rows = users.map(({ users, unchanged, changed, new: created }) => [
    users.toLocaleString('en'),
    ...[waits(unchanged), waits(changed), waits(created)],
  ])
  const leftOut = sizes.growth.users.slice(users.length).map((n) => n.toLocaleString('en'))
  return [
    '### Users',
    `p50 and, in brackets, p99 of \`jit.login()\` in milliseconds, one at a time, by people from all over the collection. They have
${FEW_FIELDS} fields each, to keep the bench short.`,
    table(['users', 'unchanged, last here yesterday', 'changed', 'new'], rows),
    ...(leftOut.length > 0
      ? [`Left out, since ${database} is no database for so many: ${leftOut.join(' and ')} users.`]
      : []),
  ].join('\n\n')
}

function memory({ memory, sizes }: Results): string {
  const rows = memory.map(({ signIns, heap }) => [signIns.toLocaleString('en'), figure(heap)])
  return [
    '### Memory',
    `The heap of a process that signs people of the mix in by \`jit.login()\`, after a full collection.
${sizes.memory.people.toLocaleString('en')} of them come again and again; one such round before the first look is to warm up. (The heap under whole sign-ins is with the Monday morning below.)`,
    table(['sign-ins', 'heap, MiB'], rows),
  ].join('\n\n')
}
