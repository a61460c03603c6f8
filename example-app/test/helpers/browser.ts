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

/** Presses Tab (or Shift+Tab) until the focus is on what is called so, and sees that the focus shows. */
export async function tabTo(page: Page, name: string | RegExp, key = 'Tab'): Promise<void> {
  for (let presses = 0; presses < 150; presses++) {
    await page.keyboard.press(key)
    if (!(await page.evaluate<string>(focusedName)).match(name)) continue
    await expectVisibleFocus(page)
    return
  }
  throw new Error(`${key} never came to ${String(name)}`)
}

/** What a screen reader would call the element that has the focus. */
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
 * Presses Tab from the top of a page to its end, and expects to come by everything that can be used, in the order in
 * which it is read, each time with a focus that shows.
 */
export async function tabThrough(page: Page): Promise<void> {
  const count = await page.evaluate<number>(`(() => {
    const stops = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]
    window.stops = stops.filter((stop) => {
      if (!stop.checkVisibility() || stop.disabled || stop.ariaHidden === 'true') return false
      // Of a group of radio buttons the chosen one; the arrow keys lead to the others.
      return stop.type !== 'radio' || stop.checked
    })
    // From the top, wherever a fragment or an earlier focus has led to.
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
