import { AT_A_TIME } from '../parts/monday'
import type { Results } from '../results'
import { figure, table } from './table'

export function mondaySection({ monday, sizes, machine }: Results): string {
  const rows = monday.map(({ instances, people, failed, latency, cpu, heap, late }) => [
    instances === 1 ? 'one instance' : `${instances} instances`,
    ...[people.toLocaleString('en'), String(failed)],
    ...[figure(latency.p50), figure(latency.p90), figure(latency.p99), figure(latency.max)],
    ...[figure(cpu), `${figure(heap.before)} → ${figure(heap.after)}`, figure(late.p99)],
  ])
  const waiting = ['p50', 'p90', 'p99', 'max']
  const heads = ['', 'people', 'failed', ...waiting, 'CPU of a sign-in', 'heap, MiB', 'bench late, p99']
  const { people, seconds } = sizes.monday
  const isShort = monday.some((one) => one.people < people)
  return `## A Monday morning

People of the mix, last here on Friday, come at random times, ${figure(monday[0]!.perSecond)} a second on average, whether or not those before them are
done: half of what this machine bore just before, with ${AT_A_TIME} sign-ins at a time. They sign in the four ways above in turn. With several
instances the two requests of a sign-in go to two of them; they share the database, and so sessions and sign-ins under way.
Milliseconds of waiting for the app.

${table(heads, rows)}
${isShort ? `\nThere should have been ${people.toLocaleString('en')} people; at this rate they would have taken longer than the ${seconds} seconds that are given to it.\n` : ''}
Browsers, identity providers, database and instances share ${machine.cores} cores. So this shows that instances work together, and what
a sign-in waits for under a steady load; it cannot show that three of them bear three times the load. “Bench late” is by how
much the bench itself was late to start somebody’s sign-in: where that is much, the machine was full, and the latencies tell
of that. The heap is the first instance’s, all garbage collected.`
}
