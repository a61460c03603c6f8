import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { format, resolveConfig } from 'prettier'
import { BenchDatabase } from './database'
import { describeMachine, systemLoad } from './machine'
import { measureEngine } from './parts/engine'
import { growFields, growSources, growUsers } from './parts/growth'
import { compareLoad } from './parts/load'
import { watchMemory } from './parts/memory'
import { mondayMornings } from './parts/monday'
import { compareSignIns } from './parts/sign-ins'
import { openParties, type Parties } from './provider/parties'
import { markdown } from './report/markdown'
import { picture } from './report/picture'
import type { Results } from './results'
import { full, quick, type Sizes } from './sizes'

/** How many users dev-mongo, which keeps all of them in one process's memory, is asked to bear. */
const FEW_USERS = 10_000

async function main(): Promise<void> {
  const options = { quick: { type: 'boolean', default: false }, write: { type: 'boolean' } } as const
  const { values } = parseArgs({ options })
  const command = ['npm run bench', ...(values.quick ? ['-- --quick'] : [])].join(' ')
  const results = await run(command, values.quick ? quick : full)
  const text = await formatted('RESULTS.md', markdown(results))
  process.stdout.write(`\n${text}`)
  if (!(values.write ?? !values.quick)) return
  await writeFile(path.join(__dirname, 'RESULTS.md'), text)
  await writeFile(path.join(__dirname, 'results.svg'), picture(results))
}

async function run(command: string, sizes: Sizes): Promise<Results> {
  const [machine, begun, before] = [describeMachine(), performance.now(), systemLoad()]
  const database = await BenchDatabase.find()
  const parties = await openParties()
  try {
    const measured = await measure(database, parties, sizes)
    const load = { before, after: systemLoad() }
    const minutes = (performance.now() - begun) / 60_000
    return { command, sizes, machine, load, minutes, database: await database.describe(), ...measured }
  } finally {
    await parties.close()
    await database.close()
  }
}

type Measured = Pick<
  Results,
  'signIns' | 'loads' | 'engine' | 'fields' | 'sources' | 'users' | 'memory' | 'monday'
>

/** One thing after the other, so that nothing disturbs what is measured. */
async function measure(database: BenchDatabase, parties: Parties, sizes: Sizes): Promise<Measured> {
  const { growth } = sizes
  const users = growth.users.filter((n) => database.isServer || n <= FEW_USERS)
  return {
    loads: await part('what is sent to the database', compareLoad(database, parties)),
    signIns: await part('whole sign-ins', compareSignIns(database, parties, sizes.signIns)),
    engine: await part('the engine alone', measureEngine(database, sizes.engine)),
    fields: await part('fields', growFields(database, growth)),
    sources: await part('sources', growSources(database, growth)),
    users: await part('users', growUsers(database, { ...growth, users })),
    memory: await part('memory', watchMemory(database, sizes.memory)),
    monday: await part('a Monday morning', mondayMornings(database, parties, sizes.monday)),
  }
}

/** Tells on standard error how it goes. */
async function part<T>(title: string, work: Promise<T>): Promise<T> {
  const begun = performance.now()
  process.stderr.write(`${title} ... `)
  const result = await work
  process.stderr.write(`${((performance.now() - begun) / 1000).toFixed(0)} s\n`)
  return result
}

async function formatted(name: string, text: string): Promise<string> {
  const filepath = path.join(__dirname, name)
  return format(text, { ...(await resolveConfig(filepath)), filepath })
}

main().catch((error: Error) => {
  process.stderr.write(`\n${error.stack ?? String(error)}\n`)
  process.exitCode = 1
})
