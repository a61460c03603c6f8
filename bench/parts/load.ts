import type { Sent } from '../app/counter'
import type { BenchDatabase } from '../database'
import { visits } from '../people/mix'
import type { Parties, Way } from '../provider/parties'
import { signIn } from '../sign-in'
import { type Other, othersFor, type RunningApp, startApps, stopApps } from './apps'
import type { ByWhen } from './sign-ins'

/** Sign-ins that are counted: the mix, once. */
const COUNTED = 100

/** What an average sign-in sends to the database, by what it is for. */
export interface Load {
  users: Sent
  /** Records that serve once: sign-ins under way, used assertions. */
  once: Sent
  sessions: Sent
  all: Sent
}

/** One protocol: this library, and what it is compared with. */
export interface LoadComparison {
  protocol: Way['source']['protocol']
  jit: ByWhen<Load>
  others: { side: Other; load: Load }[]
}

/** Database commands and bytes. Counted apart from all else, since listening to the driver costs time. */
export async function compareLoad(database: BenchDatabase, parties: Parties): Promise<LoadComparison[]> {
  const apps = await startApps(database, parties, { people: COUNTED + 1, count: true })
  const compared: LoadComparison[] = []
  for (const protocol of ['saml', 'oidc'] as const) {
    const way = parties.ways.find(({ source }) => source.protocol === protocol)!
    const others: LoadComparison['others'] = []
    for (const side of othersFor(way)) others.push({ side, load: await countLoad(apps[side], way) })
    const day = await countLoad(apps.day, way)
    compared.push({ protocol, jit: { day, moment: await countLoad(apps.moment, way) }, others })
  }
  await stopApps(Object.values(apps))
  return compared
}

async function countLoad({ process, origins }: RunningApp, way: Way): Promise<Load> {
  const [first, ...others] = visits(0, 0, COUNTED + 1)
  // Whoever comes first has indexes made.
  await signIn(origins, way, first!)
  await process.ask('sent')
  for (const visit of others) await signIn(origins, way, visit)
  return loadOf(await process.ask('sent'))
}

/** Adds up what went to each collection. */
function loadOf(sent: Record<string, Sent>): Load {
  const { users = nothing, sessions = nothing, ...rest } = sent
  const once = Object.values(rest).reduce(sum, nothing)
  const all = [users, once, sessions].reduce(sum, nothing)
  return {
    users: perSignIn(users),
    once: perSignIn(once),
    sessions: perSignIn(sessions),
    all: perSignIn(all),
  }
}

const nothing: Sent = { commands: 0, writes: 0, bytes: 0, written: 0 }

function sum(a: Sent, b: Sent): Sent {
  return {
    commands: a.commands + b.commands,
    writes: a.writes + b.writes,
    bytes: a.bytes + b.bytes,
    written: a.written + b.written,
  }
}

function perSignIn({ commands, writes, bytes, written }: Sent): Sent {
  return {
    commands: commands / COUNTED,
    writes: writes / COUNTED,
    bytes: bytes / COUNTED,
    written: written / COUNTED,
  }
}
