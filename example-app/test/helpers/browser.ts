import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'

const SCREENSHOTS = join(__dirname, '../../../.screenshots')

/** A real Chromium: CHROMIUM, or Debian's. Throws where there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    throw new Error(`No Chromium at ${executablePath}: install one, or name it in CHROMIUM`)
  }
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
  const quiet = ['--disable-background-networking', '--disable-component-update']
  return chromium.launch({ executablePath, args: [...args, ...quiet] })
}

/**
 * Saves the whole page as `.screenshots/<name>-<width>-<scheme>.png`, wide and narrow, light and dark, and
 * expects that axe-core finds nothing serious in any of them.
 */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    for (const width of [1280, 375]) {
      await page.setViewportSize({ width, height: 800 })
      await page.screenshot({
        path: join(SCREENSHOTS, `${name}-${width}-${colorScheme}.png`),
        fullPage: true,
      })
      expect({ name, width, colorScheme, problems: await seriousProblems(page) }).toMatchObject({
        problems: [],
      })
    }
  }
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 1280, height: 800 })
}

interface AxeResults {
  violations: { id: string; impact: string; nodes: { html: string }[] }[]
}

/** What keeps somebody from using the page: the rule, and the markup that breaks it. */
async function seriousProblems(page: Page): Promise<string[]> {
  // Not by a script element, which the page's Content-Security-Policy would refuse.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** How many pixels of a page stick out to the right of a window of this width. */
export async function overflowAt(page: Page, width: number): Promise<number> {
  await page.setViewportSize({ width, height: 800 })
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  await page.setViewportSize({ width: 1280, height: 800 })
  return overflow as number
}

/** Presses Tab until the focus is on what is called so, and sees that the focus shows. */
export async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab')
    const text = await page.evaluate<string>('document.activeElement.textContent')
    if (!text.includes(name)) continue
    const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')
    expect(outline).not.toBe('none')
    return
  }
  throw new Error(`Tab never came to ${name}`)
}
