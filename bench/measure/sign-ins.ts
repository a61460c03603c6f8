import { visits } from '../people/mix'
import type { Provider } from '../providers/provider'
import type { Row } from '../report'
import { type Arrival, type Bench, type Instance, runSignIns, withBothSides } from './apps'
import { compareRuns, type Rounds, takeTurns } from './rounds'

const PROTOCOLS = [
  ['saml', 'SAML'],
  ['oidc', 'OpenID Connect'],
] as const

/** Whole sign-ins, one after the other, over each protocol. */
export function compareSignIns(bench: Bench, { warmUp, rounds, perRound }: Rounds): Promise<Row[]> {
  return withBothSides(bench, { people: warmUp + rounds * perRound }, async (sides) => {
    const rows: Row[] = []
    for (const [protocol, name] of PROTOCOLS) {
      const provider = bench.providers[protocol]
      for (const side of sides) await runSignIns(side, arrivals([provider], 0, warmUp), 4)
      const batch = (side: Instance[]) => (round: number) =>
        runSignIns(side, arrivals([provider], warmUp + round * perRound, perRound))
      const runs = await takeTurns(sides.map(batch), rounds)
      rows.push(...compareRuns(`${name}, one at a time`, ['cpu', 'p50'], runs))
    }
    return rows
  })
}

const AT_A_TIME = 8

/** As many sign-ins as the machine can take, over both protocols in turn, at one instance of the app and at three. */
export async function measureLoad(bench: Bench, rounds: Rounds): Promise<Row[]> {
  return [...(await loadOf(bench, 1, rounds)), ...(await loadOf(bench, 3, rounds))]
}

function loadOf(bench: Bench, instances: number, { warmUp, rounds, perRound }: Rounds): Promise<Row[]> {
  const both = [bench.providers.saml, bench.providers.oidc]
  return withBothSides(bench, { people: warmUp + rounds * perRound, instances }, async (sides) => {
    for (const side of sides) await runSignIns(side, arrivals(both, 0, warmUp), AT_A_TIME)
    const batch = (side: Instance[]) => (round: number) =>
      runSignIns(side, arrivals(both, warmUp + round * perRound, perRound), AT_A_TIME)
    const runs = await takeTurns(sides.map(batch), rounds)
    const title = `${AT_A_TIME} at a time, ${instances === 1 ? 'one instance' : `${instances} instances`}`
    return compareRuns(title, ['perSecond', 'cpu', 'p50', 'p99'], runs)
  })
}

/** The mix, through the providers in turn. The new person of each hundred comes through another provider. */
export function arrivals(providers: Provider[], from: number, count: number): Arrival[] {
  return visits(from, count).map((visit, i) => {
    const turn = i + Math.floor(i / 100)
    return { provider: providers[turn % providers.length]!, visit }
  })
}
