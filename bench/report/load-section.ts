import type { Sent } from '../app/counter'
import type { Load, LoadComparison } from '../parts/load'
import type { Results } from '../results'
import { protocolNames, sideNames } from './sign-in-section'
import { figure, table } from './table'

export function loadSection({ loads }: Results): string {
  return `## What is sent to the database

Per sign-in of the mix: commands, and how many of these write; then bytes (of BSON, without the protocol’s headers), and how
many of these are of commands that write. passport-jit moves \`lastLoginAt\` once an hour at most: so whoever comes back the
day after costs a small write, and whoever comes back within the hour none. Not counted is what is not done at a sign-in:
used assertions go by a TTL index later on, one each; and the admin area’s log of sign-ins, which this app does without, is
one write a second at most, whatever happened in it.

${loads.map(comparison).join('\n\n')}`
}

const kinds: { title: string; of: (load: Load) => Sent }[] = [
  { title: 'users', of: ({ users }) => users },
  { title: 'records that serve once', of: ({ once }) => once },
  { title: 'sessions', of: ({ sessions }) => sessions },
  { title: '**all**', of: ({ all }) => all },
]

function comparison({ protocol, jit, others }: LoadComparison): string {
  const columns = [
    { head: 'passport-jit, last here yesterday', load: jit.day },
    { head: 'passport-jit, within the hour', load: jit.moment },
    ...others.map(({ side, load }) => ({ head: sideNames[side], load })),
  ]
  const heads = ['', ...columns.flatMap(({ head }) => [`${head}: commands`, 'bytes'])]
  const rows = kinds.map(({ title, of }) => [title, ...columns.flatMap(({ load }) => cells(of(load)))])
  return `### ${protocolNames[protocol]}\n\n${table(heads, rows)}`
}

function cells({ commands, writes, bytes, written }: Sent): string[] {
  return [`${figure(commands)} (${figure(writes)})`, `${figure(bytes)} (${figure(written)})`]
}
