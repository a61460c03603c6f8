import type { Browser, Page } from 'playwright-core'
import { type JitError, type JitUserOptions, standardFields } from '../../src'
import { launchChromium, tabThrough, tabTo } from '../../example-app/test/helpers/browser'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { source } from '../helpers/company'

const names = Object.keys(standardFields)
const fields = {
  schema: { ...Object.fromEntries(names.map((name) => [name, String])), custom: { costCenter: String } },
  fields: {
    ...Object.fromEntries(names.map((name) => [name, true])),
    employeeNumber: { identifier: true },
    'custom.costCenter': { label: 'Cost center' },
  } as JitUserOptions['fields'],
}

let app: AdminApp
/** An app with many sources in code. */
let many: AdminApp
let browser: Browser
let page: Page

beforeAll(async () => {
  const code = Array.from({ length: 120 }, (_, i) => source({ id: `s${i}`, label: `Company ${i}` }))
  app = await adminApp({ fields })
  many = await adminApp({ fields, code })
  browser = await launchChromium()
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  await context.addCookies([{ name: 'who', value: 'admin', url: app.origin }])
  page = await context.newPage()
  page.setDefaultTimeout(5000)
  await page.goto(`${app.admin}/`)
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
  await many?.close()
})

// From here on only keys are used. Each test continues where the last one ended.
const press = async (...keys: string[]): Promise<void> => {
  for (const key of keys) await page.keyboard.press(key)
}
const type = (text: string): Promise<void> => page.keyboard.type(text)
const enter = async (name: string | RegExp, url: RegExp): Promise<void> => {
  await tabTo(page, name)
  await press('Enter')
  await page.waitForURL(url)
}
const text = (selector = 'main'): Promise<string> => page.locator(selector).innerText()

test('leads from the empty list to the form of a protocol', async () => {
  await tabThrough(page)
  await page.reload()
  await enter('Add source', /\/new$/)
  await tabThrough(page)
  await page.reload()
  await enter('OpenID Connect', /protocol=oidc$/)
})

test('fills in the form: text, collapsed sections, ordered identifiers, radio buttons, toggles, fields', async () => {
  await tabThrough(page)
  await page.reload()
  await tabTo(page, /^Source ID/)
  await type('acme')
  await tabTo(page, /^Label/, 'Shift+Tab')
  await type('Acme')
  await tabTo(page, /^Issuer/)
  await type('http://127.0.0.1:9')
  await tabTo(page, /^Client ID/)
  await type('app')
  await tabTo(page, 'More connection settings')
  await press('Enter')
  await tabTo(page, /^Scopes/)
  await type('profile email')
  await tabTo(page, /^E-mail$/)
  await press('ArrowDown')
  await tabTo(page, /^User name$/)
  await press('ArrowDown')
  await tabTo(page, /^Employee number$/)
  await type('3.')
  await tabTo(page, 'Connect them by verified email')
  await press('ArrowDown')
  await tabTo(page, /^Email domains/)
  await type('acme.example')
  await press('Enter')
  await type('acme.test')
  await tabTo(page, 'Enable JIT provisioning')
  await press('Space')
  await tabTo(page, 'All fields')
  await press('ArrowDown')
  await tabTo(page, /^Title/)
  await press('Space')
  await tabTo(page, 'Enable JIT syncing')
  await press('Space')
  await tabTo(page, /^Add source$/)
  await press('Enter')
  await page.locator('.banner.warn').waitFor()
  expect(await text('.banner.warn')).toContain('The issuer could not be reached')
  const { config } = (await stored())!
  expect(config).toMatchObject({
    ...{ label: 'Acme', identifiers: ['username', 'email', 'employeeNumber'], linking: 'trusted' },
    ...{ provisioning: true, syncing: true, domains: ['acme.example', 'acme.test'] },
    fields: { provision: ['title'], sync: 'all' },
  })
})

const stored = (): Promise<{ config: unknown } | null> =>
  app.connection.collection<{ _id: string; config: unknown }>('jitSources').findOne({ _id: 'acme' })

test('reorders the identifiers', async () => {
  await page.goto(`${app.admin}/acme`)
  await enter(/^Edit$/, /\/acme\/edit$/)
  await tabThrough(page)
  await page.reload()
  await tabTo(page, /^E-mail$/)
  await press('ArrowUp')
  await tabTo(page, /^User name$/)
  await press('ArrowDown')
  await tabTo(page, /^Employee number$/)
  await press('Home')
  await tabTo(page, /^Save$/)
  await press('Enter')
  await page.getByRole('heading', { level: 1, name: 'Acme' }).waitFor()
  expect((await stored())!.config).toMatchObject({ identifiers: ['email', 'username'] })
})

test('reads the source’s page: copies, filters the mapping, chooses a product', async () => {
  await page.goto(`${app.admin}/acme`)
  await tabThrough(page)
  await page.reload()
  await enter(/^Field mapping$/, /#field-mapping$/)
  await tabTo(page, /^Filter the 27 fields$/)
  await type('COST')
  expect(await text('.filter [role=status]')).toBe('1 of 27 shown')
  await press('Tab')
  await tabThrough(page)
  await page.reload()
  await tabTo(page, 'Copy the attribute name of Cost center')
  await press('Enter')
  await page.getByRole('button', { name: 'Copied the attribute name of Cost center' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe('costCenter')
  await enter(/^Keycloak$/, /product=keycloak#setup$/)
  expect(await text('#setup')).toContain('Valid redirect URIs')
  await tabTo(page, 'Copy Valid redirect URIs')
  await press('Space')
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${app.origin}/sso/acme/callback`)
})

test('finds a refusal by its reference, and expands the numbers', async () => {
  const assertion = {
    issuer: 'http://127.0.0.1:9',
    subject: 'ann',
    attributes: { e_mail: 'ann@acme.example' },
  }
  const { reference } = await app.jit.login('acme', assertion).then(
    () => ({ reference: '' }),
    (error: JitError) => error,
  )
  await page.goto(`${app.admin}/acme`)
  await tabTo(page, 'The numbers')
  await press('Space')
  expect(await text('.chart table')).toContain('Refused')
  await tabTo(page, 'Find a refused sign-in by its reference')
  await type(reference)
  await press('Enter')
  await page.waitForURL(/reference=.*#activity$/)
  expect(await text('.found')).toContain('e_mail arrived: send it as email instead')
  await tabThrough(page)
})

test('starts a test sign-in, and returns from a provider that does not answer', async () => {
  await page.goto(`${app.admin}/acme`)
  await tabTo(page, /^Test sign-in$/)
  await tabTo(page, /^Test sign-in$/)
  await press('Enter')
  await page.getByRole('heading', { name: 'Something went wrong' }).waitFor()
  await tabThrough(page)
  await page.reload()
  await enter('All SSO sources', /\/admin\/sso\/$/)
})

test('goes from a form’s errors to the fields', async () => {
  await page.goto(`${app.admin}/new?protocol=saml`)
  await tabThrough(page)
  await page.reload()
  await tabTo(page, /^Label/)
  await press('Enter')
  await page.getByRole('alert').waitFor()
  await tabThrough(page)
  await page.reload()
  await tabTo(page, /^Source ID$/)
  await press('Enter')
  await type('typed-at-once')
  expect(await page.getByLabel('Source ID').inputValue()).toBe('typed-at-once')
})

test('deletes a source by typing its id', async () => {
  await page.goto(`${app.admin}/acme`)
  await tabTo(page, /^Type acme to delete this source$/)
  await type('acne')
  await press('Enter')
  await page.getByRole('alert').waitFor()
  await tabTo(page, 'type the id of this source')
  await press('Enter')
  await type('acme')
  await press('Tab', 'Enter')
  await page.waitForURL(/deleted=acme$/)
  expect(await text()).toContain('The source acme was deleted')
})

test('searches and pages through a long list and a long sign-in page', async () => {
  await page.context().addCookies([{ name: 'who', value: 'admin', url: many.origin }])
  await page.goto(`${many.admin}/`)
  await tabTo(page, 'Find a source')
  await type('company 1')
  await press('Enter')
  await page.waitForURL(/q=company/)
  expect(await text()).toContain('31 of 120 sources')
  await tabThrough(page)
  await page.goto(`${many.admin}/?page=2`)
  await enter('Previous', /page=1/)
  await page.goto(`${many.origin}/sso/`)
  await tabThrough(page)
  await page.reload()
  await tabTo(page, 'Your work email address')
  await type('ann@nobody.example')
  await press('Enter')
  await page.getByRole('alert').waitFor()
})
