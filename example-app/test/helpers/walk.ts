import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import type { RunningExample } from './example'

/** Violations of the Content-Security-Policy, in order. */
export const violations: string[] = []

/** A page in a fresh browser context. Records its violations of the Content-Security-Policy. */
export async function open(browser: Browser, options: BrowserContextOptions = {}): Promise<Page> {
  const context = await browser.newContext({ deviceScaleFactor: 2, ...options })
  const opened = await context.newPage()
  opened.on('console', (message) => {
    if (/content security policy|mime type/i.test(message.text())) violations.push(message.text())
  })
  return opened
}

/** Signs in the person with this name, through the source with this label, without cookies. */
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

/** Changes rows of a person in the directory, found by their SAML names. */
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

/** The text about the last sign-in on the profile page. */
export function lastSignIn(page: Page): Promise<string> {
  return page.locator('.last-sign-in').innerText()
}
