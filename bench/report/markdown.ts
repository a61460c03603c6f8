import type { Results } from '../results'
import { engineSection } from './engine-section'
import { growthSection } from './growth-section'
import { loadSection } from './load-section'
import { mondaySection } from './monday-section'
import { signInSection, summary } from './sign-in-section'
import { figure, table } from './table'

/** RESULTS.md. */
export function markdown(results: Results): string {
  return [
    '# What a sign-in costs',
    introduction(results),
    '![The main figures as a picture](results.svg)',
    summary(results),
    signInSection(results),
    loadSection(results),
    engineSection(results),
    growthSection(results),
    mondaySection(results),
    machineSection(results),
  ].join('\n\n')
}

function introduction({ command, machine }: Results): string {
  return `Written by \`${command}\` on ${machine.date.slice(0, 10)}. Figures are of one machine and one run: compare the ratios, which
come from measurements that took turns within the run, and not milliseconds of two machines.`
}

function machineSection({ machine, database, load, minutes }: Results): string {
  const { processor, cores, memory, system, versions, date } = machine
  const rows = [
    ['processor', `${processor}, ${cores} cores`],
    ['memory', `${memory} GiB`],
    ['system', system],
    ['Node', process.versions.node],
    ['database', database],
    ['begun', date],
    ['took', `${figure(minutes)} minutes`],
    ['load of the system before and after', `${figure(load.before)} and ${figure(load.after)}`],
    ...Object.entries(versions),
  ]
  return [
    '## Machine and versions',
    'A load well above 1 before the run means that something else was at work, and that the figures are rougher for it.',
    table(['', ''], rows),
  ].join('\n\n')
}
