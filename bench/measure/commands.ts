import type { Provider } from '../providers/provider'
import type { Row } from '../report'
import type { Sent } from '../subjects/counter'
import { ask, type Bench, type Instance, runSignIns, withBothSides } from './apps'
import { arrivals } from './sign-ins'

/** The mix, once. */
const COUNTED = 100

type Counts = Record<string, Sent>

/** What is counted, and in which collections. */
const metrics: [title: string, metric: keyof Sent, of: (collection: string) => boolean][] = [
  ['commands', 'commands', () => true],
  ['writes to users', 'writes', (name) => name === 'users'],
  ['writes to `jitRequests` and `jitSessions`', 'writes', (name) => name.startsWith('jit')],
  ['writes to the session store', 'writes', (name) => name === 'sessions'],
  ['bytes of writes to users', 'bytesWritten', (name) => name === 'users'],
  ['bytes of all writes', 'bytesWritten', () => true],
]

/** The commands that a sign-in sends to the database. */
export function countCommands(bench: Bench): Promise<Row[]> {
  return withBothSides(bench, { people: COUNTED + 1, count: true }, async ([jit, bare]) => {
    const { saml, oidc } = bench.providers
    return [
      ...rowsOf('SAML', await count(jit, saml), await count(bare, saml)),
      ...rowsOf('OpenID Connect', await count(jit, oidc), await count(bare, oidc)),
    ]
  })
}

async function count(instances: Instance[], provider: Provider): Promise<Counts> {
  // The first sign-in makes indexes.
  await runSignIns(instances, arrivals([provider], 0, 1))
  await ask(instances[0]!, 'sent')
  await runSignIns(instances, arrivals([provider], 1, COUNTED))
  return ask(instances[0]!, 'sent')
}

function rowsOf(protocol: string, jit: Counts, bare: Counts): Row[] {
  return metrics.map(([title, metric, of]) => {
    const perSignIn = (counts: Counts): number =>
      Object.keys(counts)
        .filter(of)
        .reduce((sum, collection) => sum + counts[collection]![metric], 0) / COUNTED
    const [ours, theirs] = [perSignIn(jit), perSignIn(bare)]
    const ratio = theirs > 0 ? ours / theirs : undefined
    return { what: `${protocol}, database: ${title}`, jit: ours, other: theirs, ratio }
  })
}
