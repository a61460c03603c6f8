import type { Browser, Locator, Page } from 'playwright-core'
import { launchChromium, overflowAt, shoot } from './helpers/browser'
import { startExample, until, type RunningExample } from './helpers/example'
import { edit, lastSignIn, open, signIn, violations } from './helpers/walk'

let browser: Browser
let example: RunningExample
/** The browser of Mara, who may edit sources. */
let admin: Page
/** The browser of another person. */
let person: Page

beforeAll(async () => {
  browser = await launchChromium()
  example = await startExample()
  admin = await open(browser)
  person = await open(browser)
  await signIn(admin, example, 'Acme SAML', 'Mara')
})

afterAll(async () => {
  await browser?.close()
  await example?.interrupt()
})

/** Reads a value from Acme's page Applications in a second window. */
async function fromAcme(read: (page: Page) => Promise<string>): Promise<string> {
  const console = await open(browser)
  await console.goto(example.directory)
  await console.getByRole('link', { name: 'Applications' }).click()
  const text = await read(console)
  await console.context().close()
  return text
}

const fact = (name: string): Promise<string> =>
  fromAcme((page) => page.locator(`dt:text-is("${name}") + dd`).innerText())

const form = (label: string): Locator => admin.getByLabel(label, { exact: true })

/** Sources that an admin adds by hand, each with a person who signs in through it for the first time. */
const sources = [
  {
    protocol: 'OpenID Connect',
    label: 'Acme by issuer',
    id: 'by-issuer',
    connect: async () => {
      await admin.getByLabel('Issuer').fill(await fact('Issuer'))
      await admin.getByLabel('Client ID').fill(await fact('Client ID'))
      await admin.getByLabel('Client secret').fill(await fact('Client secret'))
    },
    callback: 'Redirect URI',
    newcomer: 'Rui',
    name: 'Rui Ferreira',
    costCenter: 'cost_center',
    missing: 'family_name',
  },
  {
    protocol: 'SAML 2.0',
    label: 'Acme by metadata',
    id: 'by-metadata',
    connect: async () => {
      await form('Metadata XML').fill(await fromAcme((page) => page.getByLabel('Metadata').inputValue()))
      await admin.getByRole('button', { name: 'Read metadata' }).click()
      await admin.getByText('CN=Acme Identity (demo)').waitFor()
    },
    callback: 'ACS URL (HTTP-POST)',
    newcomer: 'Theodora',
    name: 'Theodora Papadimitriou-Konstantinopoulou',
    costCenter: 'costCenter',
    missing: 'lastName',
  },
]

describe.each(sources)('a source that is added by hand, $protocol', (source) => {
  const page = `/admin/sso/${source.id}`

  test('is added with the values from the provider, and shows the values for the provider', async () => {
    await admin.goto(example.app)
    await admin.getByRole('link', { name: 'SSO sources' }).click()
    await admin.getByRole('link', { name: 'Add and edit sources' }).click()
    expect(await admin.locator('main').innerText()).toMatch(/Acme SAML[^]*Acme OpenID/)
    await admin.getByRole('link', { name: 'Add source' }).click()
    await admin.getByRole('link', { name: source.protocol }).click()
    await form('Label').fill(source.label)
    await admin.getByLabel('Source ID').fill(source.id)
    await source.connect()
    await form('Enable JIT provisioning').check()
    await admin.getByRole('button', { name: 'Add source' }).click()
    await admin.getByText('Added. Next: enter the integration details').waitFor()
    expect(await admin.locator('main').innerText()).toMatch(/Provisioning on\s+Syncing off/)
    await admin.getByRole('link', { name: 'Another identity provider' }).click()
    const name = admin.getByText(source.callback, { exact: true })
    const step = admin.locator('#setup dl > div').filter({ has: name })
    expect(await step.locator('code').innerText()).toBe(`${example.app}/sso/${source.id}/callback`)
  })

  test('keeps the other toggle on when one is edited', async () => {
    await admin.goto(example.app + page)
    await admin.getByRole('link', { name: 'Edit', exact: true }).click()
    await form('Enable JIT syncing').check()
    await admin.getByRole('button', { name: 'Save' }).click()
    await admin.getByText('Saved.').waitFor()
    expect(await admin.locator('main').innerText()).toMatch(/Provisioning on\s+Syncing on/)
  })

  test('creates a profile at the first sign-in, and updates it from the directory later', async () => {
    await signIn(person, example, source.label, source.newcomer)
    expect(await person.getByRole('heading', { level: 1 }).innerText()).toBe(source.name)
    const said = await lastSignIn(person)
    expect(said).toContain(`through ${source.label}`)
    expect(said).toContain('Profile created')
    await edit(person, example, source.newcomer, { title: { values: 'Head of everything' } })
    await signIn(person, example, source.label, source.newcomer)
    expect(await lastSignIn(person)).toMatch(/1 field updated[^]*to\s*Head of everything/)
  })

  test('shows its mapping, with the exact names of its protocol', async () => {
    await admin.goto(`${example.app}/admin/sso/`)
    const row = admin.locator('li.source', { hasText: source.label })
    await row.getByRole('link', { name: 'Field mapping' }).click()
    const mapping = admin.locator('#field-mapping')
    expect(await mapping.innerText()).toContain(
      'This is read-only. Change the mapping at your identity provider',
    )
    const cells = mapping.getByRole('row', { name: 'Cost center' }).locator('td')
    expect(await cells.nth(0).locator('code').innerText()).toBe(source.costCenter)
    expect(await cells.locator('.visually-hidden').allTextContents()).toEqual([
      ...[' the attribute name of Cost center', 'no', 'no', 'yes', 'yes'],
    ])
  })

  test('is tested with a badly configured person: near misses are shown, and nothing is changed', async () => {
    await admin.goto(example.app + page)
    await admin.getByRole('button', { name: 'Test sign-in' }).click()
    await admin.getByRole('button', { name: 'Nils' }).click()
    await admin.getByText('This was a test.').waitFor()
    const said = await admin.locator('main').innerText()
    expect(said).toContain('A real sign-in would create a new user')
    expect(said).toMatch(/Title was\. Send it as title instead\./)
    expect(said).toMatch(/Probably\s+title/)
    expect(said).toContain('nils.berg@acme.example')
    expect(await overflowAt(admin, 360)).toBe(0)
    await shoot(admin, `admin-test-${source.id}`)
    await admin.getByRole('link', { name: 'Back to the source' }).click()
    expect(admin.url()).toBe(`${example.app}${page}#test-sign-in`)
    await admin.goto(`${example.app}/profile`)
    expect(await admin.getByRole('heading', { level: 1 }).innerText()).toBe('Mara Lindqvist')
  })

  test('shows sign-ins and refusals with their reason, and finds them by the reference on the person’s page', async () => {
    await signIn(person, example, source.label, 'Suharti')
    const refused = await person.locator('main').innerText()
    const reference = /required_field_missing\s+([0-9a-f]{10})/.exec(refused)![1]!
    await admin.goto(example.app + page)
    await until(async () => {
      await admin.reload()
      return (await admin.locator('#activity').innerText()).includes(reference)
    })
    const rows = await admin.locator('#activity .recent tbody tr').allInnerTexts()
    expect(rows.map((text) => text.replace(/\s+/g, ' '))).toEqual([
      expect.stringMatching(new RegExp(`Refused not known .* Expected ${source.missing} Received email`)),
      expect.stringMatching(new RegExp(`Signed in, updated ${source.name} .* Title`)),
      expect.stringMatching(new RegExp(`Created ${source.name} .* Title`)),
    ])
    await admin.getByLabel('Find a refused sign-in').fill(reference)
    await admin.getByRole('button', { name: 'Find' }).click()
    const found = await admin.locator('#activity .found').innerText()
    expect(found).toMatch(new RegExp(`Expected\\s+${source.missing}\\s+Received\\s+email`))
    expect(found).not.toContain('suharti@acme.example')
    expect(await overflowAt(admin, 360)).toBe(0)
    await shoot(admin, `admin-source-${source.id}`)
  })
})

test('lists the demo’s sources and the added ones, with linked people and the last sign-in', async () => {
  await admin.goto(`${example.app}/admin/sso/`)
  const listed = await admin.locator('li.source').allInnerTexts()
  expect(listed.map((text) => text.replace(/\s+/g, ' '))).toEqual([
    expect.stringMatching(/^Acme SAML SAML on .* 1 person/),
    expect.stringMatching(/^Acme OpenID OIDC on .* 0 people .* no sign-ins yet/),
    expect.stringMatching(/^Acme by issuer OIDC on Provisioning on Syncing on 1 person .* last sign-in /),
    expect.stringMatching(/^Acme by metadata SAML on Provisioning on Syncing on 1 person .* last sign-in /),
  ])
  await shoot(admin, 'admin-listing-example')
})

test('refuses everyone else in the admin area', async () => {
  await person.context().clearCookies()
  expect((await person.goto(`${example.app}/admin/sso`))?.status()).toBe(401)
  await shoot(person, 'admin-401')
  await signIn(person, example, 'Acme SAML', 'أميرة')
  expect((await person.goto(`${example.app}/admin/sso`))?.status()).toBe(403)
  await shoot(person, 'admin-403')
})

test('follows its Content-Security-Policy on every visited page', () => {
  expect(violations).toEqual([])
})
