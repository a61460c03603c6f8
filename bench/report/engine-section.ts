import { CONCURRENCY } from '../parts/engine'
import type { Results } from '../results'
import { spreadOf, table } from './table'

export function engineSection({ engine, sizes }: Results): string {
  const rows = engine.map(({ title, perSecond, cpu, p50, p99 }) => [
    title,
    ...[spreadOf(perSecond), spreadOf(cpu), spreadOf(p50), spreadOf(p99)],
  ])
  return [
    '## The engine alone',
    `\`jit.login()\` without HTTP and without a protocol, ${CONCURRENCY} sign-ins at a time in one process: ${sizes.engine.rounds} rounds of
${sizes.engine.count.toLocaleString('en')} of each kind, the kinds taking turns, after a round to warm up. Milliseconds; quartiles in brackets.`,
    table(['', 'sign-ins per second', 'CPU', 'p50', 'p99'], rows),
  ].join('\n\n')
}
