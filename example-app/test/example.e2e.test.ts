import { connect } from 'node:net'
import type { Browser, Page } from 'playwright-core'
import { launchChromium, overflowAt, shoot, tabTo } from './helpers/browser'
import { startExample, until, type RunningExample } from './helpers/example'
import * as walk from './helpers/walk'

let browser: Browser
let example: RunningExample
let page: Page

beforeAll(async () => {
  browser = await launchChromium()
  example = await startExample()
})

afterAll(async () => {
  await browser?.close()
  await example?.interrupt()
})

beforeEach(async () => {
  page = await walk.open(browser)
})

afterEach(async () => {
  await page.context().close()
})

const signIn = (source: string, person: string): Promise<void> => walk.signIn(page, example, source, person)

const edit = (person: string, rows: Parameters<typeof walk.edit>[3]): Promise<void> =>
  walk.edit(page, example, person, rows)

const lastSignIn = (): Promise<string> => walk.lastSignIn(page)

/** The row of a field: its value, and the source that manages it. */
async function field(label: string): Promise<string[]> {
  const row = page.locator('.fields-table tr', {
    has: page.getByRole('rowheader', { name: label, exact: true }),
  })
  return (await row.locator('td').allInnerTexts()).map((text) => text.trim())
}

test('creates a profile at the first sign-in, with standard and custom fields of every type', async () => {
  await page.goto(example.app)
  await shoot(page, 'home')
  await signIn('Acme SAML', 'Mara')
  expect(page.url()).toBe(`${example.app}/profile`)
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Mara Lindqvist')
  expect(await field('Title')).toEqual(['Staff Engineer', 'Acme SAML'])
  expect(await field('Level')).toEqual(['6', 'Acme SAML'])
  expect(await field('Works remotely')).toEqual(['Yes', 'Acme SAML'])
  expect(await field('Contract ends')).toEqual(['28 February 2027', 'Acme SAML'])
  expect(await field('Skills')).toEqual(['TypeScript, MongoDB, Incident response', 'Acme SAML'])
  expect(await field('Phone number')).toEqual(['+46 8 555 01 42', 'this app'])
  expect(await lastSignIn()).toContain('Profile created, 15 fields filled in')
  await shoot(page, 'profile-created')
})

test('changes nothing when nothing has changed', async () => {
  await signIn('Acme SAML', 'Mara')
  expect(await lastSignIn()).toContain('Nothing changed')
  await shoot(page, 'profile-unchanged')
})

test('updates from the directory at the next sign-in over SAML, and shows old and new values', async () => {
  await edit('Mara', {
    title: { values: 'Lead Engineer' },
    level: { values: '7' },
    skills: { values: 'TypeScript\nMongoDB' },
    contractEnd: { values: '""' },
    phoneNumber: { values: '+46 8 555 99 99' },
  })
  await shoot(page, 'directory-person')
  await signIn('Acme SAML', 'Mara')
  expect((await field('Title'))[0]).toMatch(/^Lead Engineer\s+updated$/)
  expect((await field('Level'))[0]).toMatch(/^7\s+updated$/)
  expect((await field('Contract ends'))[0]).toMatch(/^not set/)
  expect((await field('Phone number'))[0]).toBe('+46 8 555 01 42')
  const said = await lastSignIn()
  expect(said).toContain('4 fields updated')
  expect(said).toMatch(/Title\s+from\s*Staff Engineer\s*→\s*to\s*Lead Engineer/)
  expect(said).toMatch(/Level\s+from\s*6\s*→\s*to\s*7/)
})

test('shows a misspelled attribute next to the correct name', async () => {
  await edit('Mara', {
    department: { values: 'Research', saml: 'Departement' },
    title: { values: 'Principal Engineer' },
    costCenter: { values: 'CC-525' },
    level: { values: '8' },
    contractEnd: { values: '2028-12-31' },
    skills: { values: 'TypeScript\nMongoDB\nMentoring' },
  })
  await signIn('Acme SAML', 'Mara')
  expect((await field('Department'))[0]).toBe('Platform')
  const said = await lastSignIn()
  expect(said).toMatch(/Misspelled name\s+Got Departement, expected department/)
  expect(said).toMatch(/Cost center\s+from\s*CC-410\s*→\s*to\s*CC-525/)
  await shoot(page, 'profile')
})

test('recognizes the same person over OpenID Connect, and updates from there', async () => {
  await signIn('Acme OpenID', 'Mara')
  expect(await lastSignIn()).toContain('Recognized and linked, 1 field updated')
  expect((await field('Title'))[1]).toBe('Acme SAML, Acme OpenID')
  await edit('Mara', { title: { values: 'Fellow' }, workplace: { values: 'remote' } })
  await signIn('Acme OpenID', 'Mara')
  const said = await lastSignIn()
  expect(said).toContain('2 fields updated')
  expect(said).toMatch(/Workplace\s+from\s*hybrid\s*→\s*to\s*remote/)
  await shoot(page, 'profile-openid')
})

test('names every mistake in a badly configured person, and signs the person in', async () => {
  await signIn('Acme OpenID', 'Nils')
  const said = await lastSignIn()
  expect(said).toMatch(/Got Title, expected title/)
  expect(said).toMatch(/Several values\s+Department holds one value/)
  expect(said).toMatch(/Invalid value\s+Start date/)
  expect(said).toMatch(/Invalid value\s+Level/)
  expect(said).toMatch(/Invalid value\s+Workplace/)
  expect(said).toMatch(/Not sent\s+phone_number, zoneinfo, remote, contract_end/)
  await shoot(page, 'profile-notices')
})

test('shows an Arabic name and a very long one whole', async () => {
  await signIn('Acme SAML', 'أميرة')
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('أميرة حدّاد')
  expect(await overflowAt(page, 360)).toBe(0)
  await shoot(page, 'profile-arabic')
  await signIn('Acme SAML', 'Theodora')
  expect((await field('Title'))[0]).toHaveLength(86)
  expect(await overflowAt(page, 360)).toBe(0)
})

test('tells a refused person which attribute names were expected and received', async () => {
  await signIn('Acme SAML', 'Suharti')
  const said = await page.locator('main').innerText()
  expect(said).toMatch(/Expected attributes\s+lastName/)
  expect(said).toMatch(/Received attributes[\s\S]*firstName/)
  expect(said).toContain('required_field_missing')
  expect(said).not.toContain('suharti@acme.example')
  expect(await overflowAt(page, 360)).toBe(0)
  await shoot(page, 'refused')
})

test('refuses an email outside the domain, and recognizes a canceled sign-in', async () => {
  await signIn('Acme OpenID', 'Rui')
  expect(await page.locator('main').innerText()).toContain('domain_refused')
  await signIn('Acme SAML', 'Cancel')
  expect(await page.locator('main').innerText()).toContain('provider_refused')
  await signIn('Acme OpenID', 'Cancel')
  expect(await page.locator('main').innerText()).toContain('provider_refused')
})

test('refuses a person who is deactivated in the directory', async () => {
  await page.goto(example.directory)
  await page.getByRole('link', { name: 'Theodora' }).click()
  await page.getByRole('button', { name: 'Deactivate' }).click()
  await page.goto(`${example.app}/sso/acme-saml/login`)
  await page.getByRole('heading', { name: 'Sign in as' }).waitFor()
  expect(await page.getByRole('button', { name: 'Theodora' }).count()).toBe(0)
})

test('adds a person, who then gets a profile', async () => {
  await page.goto(example.directory)
  await page.getByRole('link', { name: 'Add a person' }).click()
  await page.getByLabel('Name in this directory').fill('Zoë Novák')
  for (const [name, value] of [
    ['email', 'zoe.novak@acme.example'],
    ['firstName', 'Zoë'],
    ['lastName', 'Novák'],
  ] as const) {
    const row = page.locator('tr', { has: page.locator(`input[name=saml][value=${name}]`) })
    await row.locator('textarea').fill(value)
  }
  await page.getByRole('button', { name: 'Save' }).click()
  await signIn('Acme SAML', 'Zoë')
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('Zoë Novák')
})

test('can be used with the keyboard alone', async () => {
  await page.goto(example.app)
  await tabTo(page, 'Sign in with SSO')
  await page.keyboard.press('Enter')
  await page.waitForURL(/\/sso/)
  await tabTo(page, 'Acme SAML')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Sign in as' }).waitFor()
  await tabTo(page, 'Mara')
  await page.keyboard.press('Enter')
  await page.waitForURL(`${example.app}/profile`)
  await tabTo(page, 'Sign out')
  const throughTheProvider = page.waitForRequest(/\/slo\?SAMLRequest=/)
  await page.keyboard.press('Enter')
  await throughTheProvider
  await page.waitForURL(`${example.app}/`)
  expect(await page.getByRole('link', { name: 'Sign in with SSO' }).count()).toBe(1)
})

test('also signs out at the OpenID Provider, which asks for confirmation first', async () => {
  await signIn('Acme OpenID', 'Mara')
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign out of Acme too?' }).waitFor()
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.waitForURL(`${example.app}/`)
  expect(await page.getByRole('link', { name: 'Sign in with SSO' }).count()).toBe(1)
})

test('is signed out by the OpenID Provider when a person signs out there', async () => {
  await page.goto(`${example.app}/sso/acme-oidc/login?returnTo=/profile`)
  const provider = new URL(page.url()).origin
  await page.getByRole('button', { name: 'Mara' }).click()
  await page.waitForURL(`${example.app}/profile`)
  await page.goto(`${provider}/session/end`)
  await page.getByRole('button', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Signed out' }).waitFor()
  expect((await page.goto(`${example.app}/profile`))?.status()).toBe(401)
})

test('works without JavaScript', async () => {
  page = await walk.open(browser, { javaScriptEnabled: false })
  await page.goto(`${example.app}/sso/acme-saml/login?returnTo=/profile`)
  await page.getByRole('button', { name: 'Mara' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${example.app}/profile`)
  await page.goto(`${example.app}/sso/acme-oidc/login?returnTo=/profile`)
  await page.getByRole('button', { name: 'Mara' }).click()
  await page.waitForURL(`${example.app}/profile`)
})

test('asks for a sign-in on a private page, and comes back to it', async () => {
  const answer = await page.goto(`${example.app}/profile`)
  expect(answer?.status()).toBe(401)
  await page.getByRole('link', { name: 'Sign in with SSO' }).click()
  await page.getByRole('link', { name: 'Acme OpenID' }).click()
  await page.getByRole('button', { name: 'Mara' }).click()
  await page.waitForURL(`${example.app}/profile`)
})

test('fits every page into 360 pixels', async () => {
  await page.goto(`${example.app}/sso/acme-saml/login`)
  const samlChooser = page.url()
  await shoot(page, 'provider')
  for (const [name, url] of [
    ['home', example.app],
    ['profile-signed-out', `${example.app}/profile`],
    ['sign-in', `${example.app}/sso`],
    ['sources', `${example.app}/sources`],
    ['provider-saml', samlChooser],
    ['provider-openid', `${example.app}/sso/acme-oidc/login`],
    ['directory', example.directory],
    ['directory-new', `${example.directory}/people/new`],
    ['directory-applications', `${example.directory}/applications`],
  ] as const) {
    await page.goto(url)
    expect([name, await overflowAt(page, 360)]).toEqual([name, 0])
    await shoot(page, name)
  }
})

test('follows its Content-Security-Policy on every visited page', () => {
  expect(walk.violations).toEqual([])
})

test('ends on Ctrl-C, with everything that it started', async () => {
  const providers = [await providerOf('acme-saml'), await providerOf('acme-oidc')]
  const database = /mongodb:\/\/[\d.]+:\d+/.exec(example.printed())?.[0].replace('mongodb', 'http') ?? ''
  const addresses = [example.app, example.directory, ...providers, database]
  expect(await Promise.all(addresses.map(isOpen))).toEqual([true, true, true, true, true])
  await example.interrupt()
  await until(async () => (await Promise.all(addresses.map(isOpen))).every((open) => !open), 5000)
  expect(example.printed()).not.toMatch(/ended by itself|Error/)
})

/** The origin of a source's provider. */
async function providerOf(source: string): Promise<string> {
  await page.goto(`${example.app}/sso/${source}/login`)
  return new URL(page.url()).origin
}

/** Whether a server listens at an address. */
function isOpen(address: string): Promise<boolean> {
  const { hostname, port } = new URL(address)
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}
