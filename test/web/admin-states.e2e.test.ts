import { generate } from 'selfsigned'
import type { Browser, Page } from 'playwright-core'
import { type JitError, mongoSources, type SourceConfig } from '../../src'
import { launchChromium, overflowAt, shoot } from '../../example-app/test/helpers/browser'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { entered } from '../helpers/cluster'
import { ann, companyFields, companySchema, source } from '../helpers/company'

const DAY = 24 * 60 * 60 * 1000
const EIGHTY = 'Vereinigte Nordwestdeutsche Stahl- und Maschinenbauwerke Aktiengesellschaft & Co.'

let app: AdminApp
let many: AdminApp | undefined
let browser: Browser
let page: Page

beforeAll(async () => {
  app = await adminApp({
    fields: { schema: companySchema, fields: companyFields },
    options: { activity: { values: true } },
  })
  browser = await launchChromium()
  page = await open(app)
})

afterAll(async () => {
  await browser?.close()
  await app?.close()
  await many?.close()
})

/** A separate window with a signed-in admin. */
async function open(of: AdminApp): Promise<Page> {
  const context = await browser.newContext()
  await context.addCookies([{ name: 'who', value: 'admin', url: of.origin }])
  const opened = await context.newPage()
  opened.setDefaultTimeout(5000)
  return opened
}

async function add(config: Partial<SourceConfig>): Promise<void> {
  await mongoSources(app.connection, { encryptionKey: app.encryptionKey }).put(entered(config))
}

async function certificateFor(days: number): Promise<SourceConfig['saml']> {
  const { cert } = await generate([{ name: 'commonName', value: 'idp.example' }], {
    algorithm: 'sha256',
    notBeforeDate: new Date(Date.now() - 300 * DAY),
    notAfterDate: new Date(Date.now() + days * DAY),
  })
  return { ...source().saml!, idpCert: cert }
}

const text = (selector = 'main'): Promise<string> => page.locator(selector).innerText()

/** Opens a page of the admin area, and checks that it fits and is accessible. */
async function look(name: string, path?: string): Promise<string> {
  if (path !== undefined) await page.goto(`${app.admin}${path}`)
  expect(await overflowAt(page, 360)).toBe(0)
  await shoot(page, `state-${name}`)
  return text()
}

test('one source without a sign-in', async () => {
  await add({ id: 'plain', label: 'Plain', oidc: { issuer: 'http://127.0.0.1:9', clientID: 'app' } })
  expect(await look('one', '/')).toMatch(/Plain[^]*0 people[^]*no sign-ins yet/)
  await page.goto(`${app.admin}/plain`)
  expect(await text('#activity')).toContain('No one has signed in through this source yet')
})

test('a disabled source, with a label of eighty characters', async () => {
  await add({ id: 'a-source-id-of-more-than-forty-characters-in-all', label: EIGHTY, enabled: false })
  const said = await look('off', '/a-source-id-of-more-than-forty-characters-in-all')
  expect(said).toContain(EIGHTY)
  expect(said).toContain('This source is off, so no one can sign in through it')
})

test('a certificate that expires within three weeks, and an expired one', async () => {
  await add({
    id: 'ending',
    label: 'Ending',
    protocol: 'saml',
    oidc: undefined,
    saml: await certificateFor(20),
  })
  await add({
    id: 'ended',
    label: 'Ended',
    protocol: 'saml',
    oidc: undefined,
    saml: await certificateFor(-1),
  })
  expect(await look('certificate', '/ending')).toMatch(/expires on 20..-..-..: get the next one/)
  expect(await look('certificate-form', '/ended/edit')).toMatch(/expired on 20..-..-..: still accepted/)
})

test('an unreachable provider', async () => {
  await page.goto(`${app.admin}/plain/edit`)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.locator('.banner.warn').waitFor()
  expect(await look('unreachable')).toContain(
    'The issuer could not be reached. No one can sign in until it can.',
  )
})

test('a source with a secret that no key decrypts', async () => {
  await mongoSources(app.connection, { encryptionKey: Buffer.alloc(32, 9) }).put(
    entered({ id: 'locked', label: 'Locked' }),
  )
  expect(await look('broken', '/locked')).toMatch(/Client secret: None of the encryption keys opens it/)
})

test('Arabic names, and every kind of activity', async () => {
  await add({
    id: 'arabic',
    label: 'الشركة المتحدة للاتصالات',
    protocol: 'saml',
    oidc: undefined,
    saml: source().saml,
  })
  await page.goto(`${app.admin}/`)
  const arabic = {
    email: 'amira@corp.example',
    firstName: 'أميرة',
    lastName: 'حدّاد',
    title: 'مديرة المنتجات',
  }
  const amira = ann(arabic, { subject: 'amira' })
  await app.jit.login('arabic', amira)
  await app.jit.login(
    'arabic',
    ann({ ...arabic, title: 'Fellow', skills: ['Go', 'Rust'], level: 'boss' }, { subject: 'amira' }),
  )
  const attributes = { 'E-Mail': 'x@corp.example', FirstName: 'X', department: 'Y' }
  const { reference } = await app.jit.login('arabic', { ...ann(), subject: 'nobody', attributes }).then(
    () => ({ reference: '' }),
    (error: JitError) => error,
  )
  const said = await look('activity', `/arabic?reference=${reference}`)
  expect(said).toMatch(/أميرة حدّاد/)
  expect(said).toMatch(/E-Mail arrived: send it as email instead/)
  expect(await page.locator('.found .side-by-side > *').evaluateAll(tops)).toEqual([expect.anything()])
})

/** The different heights at which elements start: one if they are side by side. */
const tops = (elements: Element[]): number[] => [
  ...new Set(elements.map((one) => Math.round(one.getBoundingClientRect().top))),
]

test('a conflicting edit', async () => {
  await page.goto(`${app.admin}/plain/edit`)
  await page.getByLabel('Label').fill('Mine')
  const other = await open(app)
  await other.goto(`${app.admin}/plain/edit`)
  await other.getByLabel('Label').fill('Hers')
  await other.getByLabel('Enable JIT syncing').uncheck()
  await other.getByRole('button', { name: 'Save' }).click()
  await other.getByText('Saved.', { exact: true }).waitFor()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Someone else saved this source').waitFor()
  expect(await look('stale')).toMatch(/Label\s+Hers\s+Mine[^]*Enable JIT syncing\s+off\s+on/)
  await other.context().close()
})

test('the list with a source in each state', async () => {
  const said = await look('listing', '/')
  for (const state of [
    'broken',
    'off',
    'Certificate expires on',
    'Certificate expired on',
    'last sign-in just now',
  ])
    expect(said).toContain(state)
})

test('a page that does not exist', async () => {
  expect(await look('not-found', '/nothing')).toContain('No such source')
})

test('five hundred sources', async () => {
  const code = Array.from({ length: 500 }, (_, i) =>
    source({ id: `s${i}`, label: `Company ${i}`, domains: i > 7 ? [`s${i}.example`] : [] }),
  )
  many = await adminApp({ code })
  page = await open(many)
  await page.goto(`${many.admin}/?page=3`)
  expect(await look('many')).toContain('Page 3 of 5')
})

test('five hundred sources on the sign-in page', async () => {
  await page.goto(`${many!.origin}/sso`)
  expect(await look('sign-in-many')).toMatch(/Your work email address[^]*Or continue with/)
  await page.getByLabel('Your work email address').fill('ann@nobody.example')
  await page.getByRole('button', { name: 'Continue' }).click()
  expect(await look('sign-in-unclaimed')).toContain('No company sign-in is set up for this address')
})
