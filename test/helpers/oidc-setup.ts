import type { Ending, TestApp } from './oidc-app'
import { createApp, standardMapping } from './oidc-app'
import type { Page } from './oidc-browser'
import { Browser } from './oidc-browser'
import { HostileProvider, makeKey } from './oidc-hostile'

const clientSecret = 'the client secret of this test'

/** Expected endings. */
export const refused = (check: string, status = 403): unknown =>
  expect.objectContaining({ ending: 'fail', code: 'invalid_assertion', check, status })
export const unavailable: unknown = expect.objectContaining({
  ending: 'error',
  code: 'provider_unavailable',
  status: 503,
})
export const signedIn: unknown = expect.objectContaining({ ending: 'success', user: { id: 'alice' } })

export interface OidcSetup {
  app: TestApp
  provider: HostileProvider
  clientSecret: string
  /** A whole sign-in at source `idp`, from the app's login route to its callback. */
  signIn: (browser?: Browser) => Promise<Ending>
  /** A sign-in up to the provider's response, which is not delivered. */
  answerFor: (browser: Browser, source?: string) => Promise<URL>
  deliver: (browser: Browser, answer: URL) => Promise<Ending>
}

/**
 * For a test file: an app and a hostile provider, its source `idp`. They run during the file's tests, and are reset for
 * each.
 */
export function oidcSetup(): OidcSetup {
  const app = createApp()
  const provider = new HostileProvider()
  beforeAll(async () => {
    await app.start()
    await provider.start()
  })
  afterAll(async () => {
    await provider.close()
    await app.close()
  })
  beforeEach(async () => {
    Object.assign(provider, { bend: {}, received: [], keys: [await makeKey()] })
    Object.assign(app, {
      mapping: standardMapping,
      assertions: [],
      endings: [],
      reports: [],
      login: undefined,
    })
    app.use('idp', { issuer: provider.issuer, clientSecret })
  })
  afterEach(() => jest.restoreAllMocks())

  const deliver = async (browser: Browser, answer: URL): Promise<Ending> =>
    endingIn(await browser.request(answer.href))
  const signIn = async (browser = new Browser()): Promise<Ending> =>
    endingIn(await browser.follow(`${app.url}/idp/login`))
  const answerFor = async (browser: Browser, source = 'idp'): Promise<URL> => {
    const isAnswer = (url: string): boolean => url.includes('/callback')
    const page = await browser.follow(`${app.url}/${source}/login`, undefined, isAnswer)
    return new URL(page.headers.get('location') ?? '', page.url)
  }
  return { app, provider, clientSecret, signIn, answerFor, deliver }
}

/** The content of a page of the app. */
export function endingIn(page: Page): Ending {
  return JSON.parse(page.text) as Ending
}
