import type { Other } from '../parts/apps'
import type { Load } from '../parts/load'
import type { ByWhen, Comparison, OtherCost } from '../parts/sign-ins'
import type { Results } from '../results'
import { figure, spreadOf, table } from './table'

export const sideNames: Record<Other, string> = {
  bare: 'bare strategy',
  safe: 'bare strategy, safest options',
}

/** What each protocol's records are, in the summary and below. */
export const protocolNames = { saml: 'SAML', oidc: 'OpenID Connect' }

/** The ratios that matter most, in one table. */
export function summary({ signIns, loads }: Results): string {
  const rows = signIns.flatMap(({ title, protocol, others }) => {
    const load = loads.find((one) => one.protocol === protocol)!
    return others.map((other) => {
      const theirs = load.others.find(({ side }) => side === other.side)!.load
      return [`${title}, beside the ${sideNames[other.side]}`, ...ratios(other, load.jit, theirs)]
    })
  })
  const heads = ['', 'CPU', 'waiting', 'writes to users', 'bytes of these', 'all writes', 'bytes of these']
  return `## In short

What passport-jit takes, divided by what the other takes: below 1 it takes less. The first figure is of people who were last
here yesterday, the second of people who were here within the hour.

${table(heads, rows)}

The goal was at most 1.0 times the CPU, and a third of the write load. What is write load is for the reader to say: the
users’ collection alone; or with the records that serve once (passport-jit remembers each sign-in under way, and each
assertion; the bare SAML strategy nothing, unless it is told to), and with the session store, which is the app’s own.

Over OpenID Connect the bare strategy does little: it reads the ID token without verifying its signature, keeps its state in
the session, and writes the user without looking. passport-jit verifies, looks before it writes, and notes whose session
begins, so that the provider can end it: two or three commands more to the database, and each costs the process about as much
as verifying a signature. The bare SAML strategy loses more than that by reading its XML several times over.`
}

function ratios({ cpuRatio, wallRatio }: OtherCost, ours: ByWhen<Load>, theirs: Load): string[] {
  const load = (of: (load: Load) => number): string =>
    pair(of(ours.day) / of(theirs), of(ours.moment) / of(theirs))
  return [
    pair(cpuRatio.day.median, cpuRatio.moment.median),
    pair(wallRatio.day.median, wallRatio.moment.median),
    load(({ users }) => users.writes),
    load(({ users }) => users.written),
    load(({ all }) => all.writes),
    load(({ all }) => all.written),
  ]
}

function pair(day: number, moment: number): string {
  return `${figure(day)} / ${figure(moment)}`
}

export function signInSection({ signIns, sizes }: Results): string {
  const ratioHeads = ['passport-jit ÷ this: yesterday', 'within the hour']
  const heads = ['', 'CPU', ...ratioHeads, 'waiting', ...ratioHeads]
  return `## A whole sign-in

The request that starts it and the one that finishes it, at the same Express app with its sessions in the database. The
sides take turns: ${sizes.signIns.batches} batches of ${sizes.signIns.of} sign-ins each, one sign-in after the other, after ${sizes.signIns.warmUp} to warm up. Medians over
the batches, and in brackets their quartiles; a ratio is of two batches of one round. CPU is that of the app’s process, the
system’s part included; waiting is for the app’s two answers. Milliseconds.

${table(heads, signIns.flatMap(comparisonRows))}

30 attributes arrive, and are written to 30 fields. Of 100 people 95 are as they were, four have changed in two fields, and
one is new. The callback of the bare strategies is
\`findOneAndUpdate({ email }, { $set: everything }, { upsert: true, new: true })\`, so that it makes no difference to them who
comes. The safest options are, for SAML, \`validateInResponseTo: 'always'\` with a cache that all instances share.
passport-openidconnect has no more than its state in the session and a nonce, which it has here. What the bare strategies
leave unchecked even so is in \`test/strategies\`, in the tests whose names end in \`-bare\`. The OpenID Provider is behind TLS.`
}

function comparisonRows({ title, jit, others }: Comparison): string[][] {
  return [
    [`**${title}**`, '', '', '', '', '', ''],
    ['passport-jit, last here yesterday', spreadOf(jit.day.cpu), '', '', spreadOf(jit.day.wall), '', ''],
    ['passport-jit, within the hour', spreadOf(jit.moment.cpu), '', '', spreadOf(jit.moment.wall), '', ''],
    ...others.map(({ side, cpu, wall, cpuRatio, wallRatio }) => [
      sideNames[side],
      ...[spreadOf(cpu), spreadOf(cpuRatio.day), spreadOf(cpuRatio.moment)],
      ...[spreadOf(wall), spreadOf(wallRatio.day), spreadOf(wallRatio.moment)],
    ]),
  ]
}
