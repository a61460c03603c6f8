import type { Results } from '../results'
import { figure, table } from './table'

export function mondaySection({ monday, sizes, machine }: Results): string {
  const rows = monday.map(({ instances, latency, cpu, heap, late }) => [
    instances === 1 ? 'one instance' : `${instances} instances`,
    ...[figure(latency.p50), figure(latency.p90), figure(latency.p99), figure(latency.max)],
    ...[figure(cpu), `${figure(heap.before)} → ${figure(heap.after)}`, figure(late.p99)],
  ])
  const heads = ['', 'p50', 'p90', 'p99', 'max', 'CPU of a sign-in', 'heap, MiB', 'bench late, p99']
  return [
    '## A Monday morning',
    `${sizes.monday.people.toLocaleString('en')} people of the mix, last here on Friday, come at random times, ${sizes.monday.perSecond} a second on average, whether or not those
before them are done. They sign in the four ways above in turn. With several instances each of the two requests of a
sign-in goes to another one; they share the database, and so sessions and sign-ins under way. Milliseconds of waiting for
the app.`,
    table(heads, rows),
    `Browsers, identity providers, database and instances share ${machine.cores} cores. So this shows that instances work
together, and what a sign-in waits for under a steady load; it cannot show that three of them bear three times the load.
“Bench late” is by how much the bench itself was late to start somebody’s sign-in: where that is much, the machine was
full, and the latencies are its.`,
  ].join('\n\n')
}
