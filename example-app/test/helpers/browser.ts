import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import axe from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'

const SCREENSHOTS = join(__dirname, '../../../.screenshots')

/** Launches Chromium: the one in CHROMIUM, or Debian's. Throws if there is none. */
export function launchChromium(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium'
  if (!existsSync(executablePath)) {
    throw new Error(`No Chromium at ${executablePath}: install it, or set CHROMIUM to its path`)
  }
  const args = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync']
  const quiet = ['--disable-background-networking', '--disable-component-update']
  return chromium.launch({ executablePath, args: [...args, ...quiet] })
}

/**
 * Saves the whole page as `.screenshots/<name>-<width>-<scheme>.png`, wide and narrow, light and dark. Expects no serious
 * problem from axe-core in any of them.
 */
export async function shoot(page: Page, name: string): Promise<void> {
  await page.waitForLoadState()
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

/** The serious accessibility problems of a page: the rule, and the markup that breaks it. */
async function seriousProblems(page: Page): Promise<string[]> {
  // The page's Content-Security-Policy would refuse a script element.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  return violations
    .filter(({ impact }) => ['serious', 'critical'].includes(impact))
    .flatMap(({ id, nodes }) => nodes.slice(0, 3).map(({ html }) => `${id}: ${html.slice(0, 200)}`))
}

/** How many pixels a page overflows a window of this width. */
export async function overflowAt(page: Page, width: number): Promise<number> {
  await page.waitForLoadState()
  await page.setViewportSize({ width, height: 800 })
  const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth')
  await page.setViewportSize({ width: 1280, height: 800 })
  return overflow as number
}

/** Presses Tab (or Shift+Tab) until the element of this name has the focus. Expects that the focus is visible. */
export async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  // Before its style sheet arrives, a page shows the browser's own focus ring.
  await page.waitForLoadState()
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press(key)
    if (!(await page.evaluate<string>(focusedName)).match(name)) continue
    await expectVisibleFocus(page)
    return
  }
  throw new Error(`${key} never reached ${String(name)}`)
}

/** The accessible name of the focused element. */
const focusedName = `(() => {
  const focused = document.activeElement
  if (focused === document.body) return ''
  const labels = [...(focused.labels ?? [])].map((label) => label.textContent)
  const text = [focused.ariaLabel, ...labels, focused.matches('input, select, textarea') ? '' : focused.textContent]
  return text.join(' ').replace(/\\s+/g, ' ').trim()
})()`

async function expectVisibleFocus(page: Page): Promise<void> {
  const [style, width] = await page.evaluate<[string, string]>(`(() => {
    const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement)
    return [outlineStyle, outlineWidth]
  })()`)
  expect([style, parseFloat(width) >= 2]).toEqual([expect.not.stringMatching('none'), true])
}

/**
 * Presses Tab from the top of a page to its end. Expects to reach every control in reading order, each with a visible
 * focus.
 */
export async function tabThrough(page: Page): Promise<void> {
  await page.waitForLoadState()
  const count = await page.evaluate<number>(`(() => {
    const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    window.stops = stops.filter((stop) => {
      if (!stop.checkVisibility() || stop.disabled || stop.ariaHidden === 'true') return false
      // In a group of radio buttons, Tab stops at the checked one. Arrow keys reach the others.
      return stop.type !== 'radio' || stop.checked
    })
    // Start from the top, even after a fragment or an earlier focus.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
    return window.stops.length
  })()`)
  const visited: number[] = []
  for (let presses = 0; presses < count; presses++) {
    await page.keyboard.press('Tab')
    visited.push(await page.evaluate<number>('stops.indexOf(document.activeElement)'))
    await expectVisibleFocus(page)
  }
  expect(visited).toEqual(Array.from({ length: count }, (_, i) => i))
}
