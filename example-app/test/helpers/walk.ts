import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { RunningExample } from './example'

/** What pages did against their policy, in the order in which they did it. */
export const violations: string[] = []

/** A new browser, as far as cookies go; what a page does against its policy is remembered. */
export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...options })
  const opened = await context.newPage()
  opened.on('console', (message) => {
    if (/content security policy|mime type/i.test(message.text())) violations.push(message.text())
  })
  return opened
}

/** Signs a person in whose name begins so, through the source of this label, as nobody who was here before. */
export async function signIn(
  page: Page,
  example: RunningExample,
  source: string,
  person: string,
): Promise<void> {
  await page.context().clearCookies()
  await page.goto(example.app)
  await page.getByRole('link', { name: 'Sign in with SSO' }).click()
  await page.getByRole('link', { name: source }).click()
  await page.getByRole('button', { name: person }).click()
  await page.waitForURL((url) => url.origin === example.app)
  await page.waitForLoadState()
}

/** Changes rows of a person in the directory, found by their SAML name. */
export async function edit(
  page: Page,
  example: RunningExample,
  person: string,
  rows: Record<string, { values?: string; saml?: string; oidc?: string }>,
): Promise<void> {
  await page.goto(example.directory)
  await page.getByRole('link', { name: person }).click()
  for (const [name, { values, saml, oidc }] of Object.entries(rows)) {
    const row = page.locator('tr', { has: page.locator(`input[name=saml][value="${name}"]`) })
    if (values !== undefined) await row.locator('textarea').fill(values)
    if (oidc !== undefined) await row.locator('input[name=oidc]').fill(oidc)
    if (saml !== undefined) await row.locator('input[name=saml]').fill(saml)
  }
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
}

/** What the profile page says of the last sign-in. */
export function lastSignIn(page: Page): Promise<string> {
  return page.locator('.last-sign-in').innerText()
}
