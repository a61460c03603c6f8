import type { Browser } from 'playwright-core'
import { launchChromium } from '../../example-app/test/helpers/browser'
import { hostilePages } from '../helpers/hostile-pages'

let made: Awaited<ReturnType<typeof hostilePages>>
let browser: Browser
beforeAll(async () => {
  made = await hostilePages()
  browser = await launchChromium()
})
afterAll(async () => {
  await browser?.close()
  await made?.closed()
})

it('received values never become markup, run, or change the text direction around them', async () => {
  const page = await browser.newPage()
  const dialogs: string[] = []
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    void dialog.dismiss()
  })
  for (const [name, markup] of Object.entries(made.pages)) {
    await page.goto(`${made.app.origin}/sso/style.css`)
    // Without the page's policy: nothing may run even then.
    await page.setContent(markup)
    const found = await page.evaluate(() => ({
      images: document.querySelectorAll('img, [onfocus], [onerror]').length,
      open: [...document.querySelectorAll('code, bdi')].filter(
        (one) => !getComputedStyle(one).unicodeBidi.startsWith('isolate'),
      ).length,
      shown: document.querySelectorAll('code, bdi').length,
    }))
    expect({ name, ...found }).toMatchObject({ name, images: 0, open: 0 })
    expect(found.shown + (name === 'findSource' ? 1 : 0)).toBeGreaterThan(0)
  }
  expect(dialogs).toEqual([])
})
