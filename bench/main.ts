import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { BenchDatabase } from './database'
import type { Bench } from './measure/apps'
import { countCommands } from './measure/commands'
import { compareLogins, growSources, growUsers } from './measure/logins'
import { compareSignIns, measureLoad } from './measure/sign-ins'
import { openProviders } from './providers/providers'
import { describeRun, markdown, type Row } from './report'
import { full, quick, type Sizes } from './sizes'

/** Prints the table, and writes it to RESULTS.md unless the sizes are quick. */
async function main(): Promise<void> {
  const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } })
  process.env.NODE_ENV = 'production'
  const [providers, database] = await Promise.all([openProviders(), BenchDatabase.start()])
  try {
    const command = values.quick ? 'npm run bench -- --quick' : 'npm run bench'
    const run = describeRun(command, await database.describe())
    const rows = await measure({ database, providers }, values.quick ? quick : full)
    const file = path.join(__dirname, 'RESULTS.md')
    const text = await format(markdown(run, rows), { ...(await resolveConfig(file)), filepath: file })
    process.stdout.write(`\n${text}`)
    if (!values.quick) await writeFile(file, text)
  } finally {
    await providers.close()
    await database.close()
  }
}

/** One part after the other, so that no part disturbs another. */
async function measure(bench: Bench, { signIns, load, logins, growth }: Sizes): Promise<Row[]> {
  const { database } = bench
  return [
    ...(await part('whole sign-ins', compareSignIns(bench, signIns))),
    ...(await part('commands', countCommands(bench))),
    ...(await part('load', measureLoad(bench, load))),
    ...(await part('jit.login()', compareLogins(database, logins))),
    ...(await part('users', growUsers(database, growth))),
    ...(await part('sources', growSources(database, growth))),
  ]
}

/** Reports the progress on standard error. */
async function part<T>(title: string, work: Promise<T>): Promise<T> {
  const started = performance.now()
  process.stderr.write(`${title} ... `)
  const result = await work
  process.stderr.write(`${((performance.now() - started) / 1000).toFixed(0)} s\n`)
  return result
}

main().catch((error: Error) => {
  process.stderr.write(`\n${error.stack ?? String(error)}\n`)
  process.exitCode = 1
})
