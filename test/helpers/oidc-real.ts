import type { Page } from './oidc-browser'
import { Browser } from './oidc-browser'
import { startScript } from './script'

export interface RunningProvider {
  issuer: string
  stop(): Promise<void>
}

/** Starts `oidc-provider` in its own process; see oidc-provider.mts for the settings. */
export async function startProvider(settings: object): Promise<RunningProvider> {
  const script = await startScript('oidc-provider.mts', settings)
  return { issuer: script.printed, stop: () => script.stop() }
}

/** The form of a page that posts itself, with `response_mode=form_post`. */
export function autoSubmitted(page: Page): { action: string; form: Record<string, string> } {
  const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1] ?? ''
  const inputs = page.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)"/g)
  return { action, form: Object.fromEntries([...inputs].map(([, name = '', value = '']) => [name, value])) }
}

/** Completes a sign-in as a person does: the provider's login page, its consent page, and back. */
export async function signInAs(
  login: string,
  start: string,
  browser = new Browser(),
  until?: (url: string) => boolean,
): Promise<Page> {
  let page = await browser.follow(start, undefined, until)
  for (let step = 0; step < 5; step++) {
    const prompt = /name="prompt" value="(\w+)"/.exec(page.text)?.[1]
    if (!prompt) return page
    const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1] ?? ''
    const form: Record<string, string> = prompt === 'login' ? { prompt, login, password: 'any' } : { prompt }
    page = await browser.follow(new URL(action, page.url).href, form, until)
  }
  throw new Error(`the sign-in did not come to an end at ${page.url}`)
}
