import type { JitError, SourceConfig } from '../../src'
import type { Page } from './oidc-browser'
import { Browser } from './oidc-browser'
import { HostileProvider, makeKey } from './oidc-hostile'
import { webApp, type WebApp } from './web-app'

export const clientSecret = 'the client secret of this test'

/** The result of one attempt, in the browser and at the app's listeners. */
export interface Outcome {
  status: number
  /** The code shown to the browser. */
  code: string | undefined
  page: Page
  /** Codes and failed checks of `refused` events. */
  refused: { code: string; check: string | undefined }[]
  /** Codes of `error` events, or messages if the error is no JitError. */
  errors: string[]
  /** The reasons of failed requests to the provider. */
  reasons: string[]
}

/**
 * A real app with router, engine and model, and a hostile provider as its source `idp`. (An unhandled rejection fails
 * the test by itself.)
 */
export interface AttackedApp extends WebApp {
  provider: HostileProvider
  /** A whole sign-in, from the app's login route to its callback. */
  signIn(browser?: Browser, source?: string): Promise<Outcome>
  /** A sign-in up to the provider's response, which is not delivered. */
  answerFor(browser: Browser, source?: string, returnTo?: string): Promise<URL>
  deliver(browser: Browser, answer: URL, form?: Record<string, string>): Promise<Outcome>
  /** Everything in the database except pending sign-ins. */
  everything(): Promise<string>
  /** The subjects of the signed-in user. */
  subjectsOf(browser: Browser): Promise<string[] | undefined>
}

type Setup = Omit<Partial<Parameters<typeof webApp>[0]>, 'sources'> & {
  sources?: (issuer: string) => SourceConfig[]
}

/** Source `idp` of the provider, with the usual options. */
export function idp(issuer: string, rest: Partial<SourceConfig> = {}, oidc: object = {}): SourceConfig {
  return {
    ...{ id: 'idp', protocol: 'oidc', provisioning: true, syncing: true },
    ...rest,
    oidc: { issuer, clientID: 'app', clientSecret, ...oidc },
  }
}

/** Separate sources of one provider; `fresh` returns the id of the next one. */
export function manySources(count: number): {
  sources: (issuer: string) => SourceConfig[]
  fresh: () => string
} {
  let used = 0
  return {
    sources: (issuer) => Array.from({ length: count }, (_, i) => idp(issuer, { id: `idp${i}` })),
    fresh: () => `idp${used++ % count}`,
  }
}

export async function attackedApp({ sources, ...setup }: Setup = {}): Promise<AttackedApp> {
  const provider = new HostileProvider()
  await provider.start()
  provider.keys = [await makeKey()]
  const app = await webApp({
    ...setup,
    sources: () => (sources ?? ((issuer): SourceConfig[] => [idp(issuer)]))(provider.issuer),
  })
  const told: Pick<Outcome, 'refused' | 'errors' | 'reasons'> = { refused: [], errors: [], reasons: [] }
  const noteReason = ({ cause }: Error): void => {
    const { reason } = (cause ?? {}) as { reason?: string }
    if (reason !== undefined) told.reasons.push(reason)
  }
  app.jit
    .on('refused', ({ code, details }) => told.refused.push({ code, check: details.check }))
    .on('error', (error) => told.errors.push((error as JitError).code ?? error.message))
    .on('refused', noteReason)
    .on('error', noteReason)

  const outcomeOf = async (attempt: () => Promise<Page>): Promise<Outcome> => {
    Object.assign(told, { refused: [], errors: [], reasons: [] })
    const page = await attempt()
    const code = /<code>([a-z_]+)<\/code> <code>[0-9a-f]{10}<\/code>/.exec(page.text)?.[1]
    return { status: page.status, code, page, ...told }
  }
  return {
    ...app,
    provider,
    signIn: (browser = new Browser(), source = 'idp') =>
      outcomeOf(() => browser.follow(`${app.origin}/sso/${source}/login`, undefined, isHome)),
    async answerFor(browser, source = 'idp', returnTo = '') {
      const isAnswer = (url: string): boolean => url.includes('/callback')
      const query = returnTo && `?returnTo=${encodeURIComponent(returnTo)}`
      const page = await browser.follow(`${app.origin}/sso/${source}/login${query}`, undefined, isAnswer)
      return new URL(page.headers.get('location') ?? '', page.url)
    },
    deliver: (browser, answer, form) => outcomeOf(() => browser.request(answer.href, form)),
    async everything() {
      const collections = await app.User.db.listCollections()
      const names = collections.map(({ name }) => name).filter((name) => name !== 'jitRequests')
      const all = names.sort().map((name) => app.User.db.collection(name).find().sort({ _id: 1 }).toArray())
      return JSON.stringify(await Promise.all(all))
    },
    async subjectsOf(browser) {
      const { text } = await browser.request(`${app.origin}/me`)
      const { user } = JSON.parse(text) as { user: { identities: { subject: string }[] } | null }
      return user?.identities.map(({ subject }) => subject)
    },
    async close() {
      await provider.close()
      await app.close()
    },
  }
}

/** The app's page after a successful sign-in. */
function isHome(url: string): boolean {
  return new URL(url).pathname === '/'
}
