import { Browser } from '../../test/helpers/oidc-browser'
import { type RunningScript, startScript } from '../../test/helpers/script'
import type { BenchDatabase } from '../database'
import { benchFields } from '../people/fields'
import type { Visit } from '../people/mix'
import { store } from '../people/people'
import type { Provider } from '../providers/provider'
import type { Providers } from '../providers/providers'
import { type AppSettings, DAY, FIELDS } from '../settings'
import { type Run, runBatch } from './batch'

export interface Bench {
  database: BenchDatabase
  providers: Providers
}

/** A running instance of an app. It has printed its origin. */
export type Instance = RunningScript

/** A visit, and the provider that signs the person in. */
export interface Arrival {
  provider: Provider
  visit: Visit
}

interface Setup {
  /** How many people are stored for each provider. They last signed in yesterday. */
  people: number
  instances?: number
  count?: boolean
}

/** Runs `use` with an app of each side: this library first, then the bare strategies. */
export function withBothSides<T>(
  bench: Bench,
  setup: Setup,
  use: (sides: [jit: Instance[], bare: Instance[]]) => Promise<T>,
): Promise<T> {
  return withApp(bench, { ...setup, side: 'jit' }, (jit) =>
    withApp(bench, { ...setup, side: 'bare' }, (bare) => use([jit, bare])),
  )
}

function withApp<T>(
  { database, providers: { saml, oidc } }: Bench,
  { side, people, instances = 1, count }: Setup & Pick<AppSettings, 'side'>,
  use: (instances: Instance[]) => Promise<T>,
): Promise<T> {
  return database.withFresh(async (db, uri) => {
    const running: Instance[] = []
    const settings: AppSettings = { side, uri, sources: [saml.source, oidc.source], count }
    try {
      while (running.length < instances)
        running.push(await startScript('../../bench/processes/app.ts', settings))
      const lastLoginAt = side === 'jit' ? new Date(Date.now() - DAY) : undefined
      for (const { source, issuer } of [saml, oidc]) {
        const crowd = { fields: benchFields(FIELDS), sourceId: source.id, issuer, count: people, lastLoginAt }
        await store(db.collection('users'), crowd)
      }
      return await use(running)
    } finally {
      for (const instance of running) await instance.stop()
    }
  })
}

/** Asks an instance for its CPU so far, or for the commands that it has sent since the last question. */
export async function ask<T>({ printed: origin }: Instance, what: 'cpu' | 'sent'): Promise<T> {
  return (await (await fetch(`${origin}/${what}`)).json()) as T
}

/** A batch of whole sign-ins. With several instances, the two requests of each sign-in go to two of them. */
export function runSignIns(instances: Instance[], visits: Arrival[], atATime = 1): Promise<Run> {
  const originOf = (i: number): string => instances[i % instances.length]!.printed
  return runBatch({
    visits,
    atATime,
    cpuUsed: async () => {
      const used = await Promise.all(instances.map((instance) => ask<number>(instance, 'cpu')))
      return used.reduce((sum, cpu) => sum + cpu, 0)
    },
    signIn: (arrival, i) => signIn(arrival, originOf(i), originOf(i + 1)),
  })
}

/**
 * One whole sign-in with a fresh browser. Resolves to the milliseconds of waiting for the app: for its redirect to the
 * provider, and for its answer to the callback. Rejects on an unexpected outcome.
 */
async function signIn(
  { provider, visit }: Arrival,
  loginOrigin: string,
  callbackOrigin: string,
): Promise<number> {
  const { id } = provider.source
  const browser = new Browser()
  const started = performance.now()
  const login = await browser.request(`${loginOrigin}/sso/${id}/login`)
  const redirected = performance.now()
  const profile = { sourceId: id, number: visit.number, version: visit.version }
  const { query, form } = await provider.answer(login.headers.get('location') ?? '', profile)
  const returned = performance.now()
  const answer = await browser.request(`${callbackOrigin}/sso/${id}/callback${query}`, form)
  const ended = performance.now()
  // The bare strategies report no outcome.
  const { outcome = visit.outcome } =
    answer.status === 200 ? outcomeIn(answer.text) : { outcome: answer.status }
  if (outcome !== visit.outcome)
    throw new Error(`${id}, person ${visit.number}: expected ${visit.outcome}, got ${outcome}`)
  return redirected - started + (ended - returned)
}

function outcomeIn(text: string): { outcome?: string } {
  return JSON.parse(text) as { outcome?: string }
}
