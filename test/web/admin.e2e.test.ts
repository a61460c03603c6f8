import type { Browser, Page } from 'playwright-core'
import { launchChromium, overflowAt, shoot, tabThrough, tabTo } from '../../example-app/test/helpers/browser'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { companyFields, companySchema } from '../helpers/company'
import { type RunningProvider, startProvider } from '../helpers/oidc-real'
import { createKeys } from '../helpers/saml-idp'

let app: AdminApp
let browser: Browser
let page: Page
let provider: RunningProvider

beforeAll(async () => {
  app = await adminApp({ fields: { schema: companySchema, fields: companyFields } })
  provider = await startProvider({
    clients: [
      {
        client_id: 'app',
        redirect_uris: [`${app.origin}/sso/keycloak/callback`],
        client_secret: 'a-very-secret-secret',
      },
    ],
    claims: {},
  })
  browser = await launchChromium()
  const context = await browser.newContext({ permissions: ['clipboard-read', 'clipboard-write'] })
  await context.addCookies([{ name: 'who', value: 'admin', url: app.origin }])
  page = await context.newPage()
  page.setDefaultTimeout(5000)
  page.on('pageerror', (error) => problems.push(error.message))
  page.on('console', (message) => {
    if (/Content.Security.Policy/i.test(message.text())) problems.push(message.text())
  })
})

afterAll(async () => {
  await browser?.close()
  await provider?.stop()
  await app?.close()
})

/** Script errors, and everything that the policy has blocked. */
const problems: string[] = []

afterEach(() => expect(problems.splice(0)).toEqual([]))

const main = (): Promise<string> => page.locator('main').innerText()

async function looksRight(name: string): Promise<void> {
  expect(await overflowAt(page, 360)).toBe(0)
  expect(await page.evaluate(poorContrast)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await page.evaluate(poorContrast)).toEqual([])
  expect(await page.evaluate(unlabelled)).toEqual([])
  await shoot(page, `admin-${name}`)
}

/** Texts with a contrast below 4.5 to their background (WCAG 2.2, 1.4.3). */
const poorContrast = `(() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number)
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    return 0.2126 * x + 0.7152 * y + 0.0722 * z
  }
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = channels(getComputedStyle(one).backgroundColor)
      if (color.length < 4 || color[3] > 0) return color
    }
    return [255, 255, 255]
  }
  const poor = []
  for (const element of document.querySelectorAll('body *')) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3).map((n) => n.data).join('').trim()
    if (!text || !element.checkVisibility() || element.closest('svg, .visually-hidden, option')) continue
    const [a, b] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(text)
  }
  return poor
})()`

/** Controls without an accessible name. */
const unlabelled = `[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
  .filter((control) => ![...control.labels].some((label) => label.textContent.trim()))
  .map((control) => control.name || control.id)`

test('explains SSO sources while there are none', async () => {
  await page.goto(`${app.admin}/`)
  expect(await main()).toContain('An SSO source connects one identity provider')
  await looksRight('empty')
})

test('adds a SAML source from its metadata file, and turns both toggles on', async () => {
  const [first, second] = [await createKeys('one.idp.example'), await createKeys('two.idp.example')]
  await page.getByRole('link', { name: 'Add source' }).click()
  await looksRight('protocol')
  await page.getByRole('link', { name: 'SAML 2.0' }).click()
  await page.getByLabel('Label').fill('Acme Okta')
  await page.getByLabel('Source ID').fill('acme')
  const metadata = {
    name: 'metadata.xml',
    mimeType: 'text/xml',
    buffer: metadataOf([first.cert, second.cert]),
  }
  await page.getByLabel('Or choose the metadata file').setInputFiles(metadata)
  await page.getByRole('button', { name: 'Read metadata' }).click()
  expect(await page.getByLabel('Sign-in URL').inputValue()).toBe('https://idp.acme.example/sso')
  expect(await page.getByLabel('Entity ID of the identity provider').inputValue()).toBe(
    'https://idp.acme.example',
  )
  expect(await main()).toMatch(/CN=one\.idp\.example[\s\S]*valid until[\s\S]*CN=two\.idp\.example/)
  await page.getByLabel('Enable JIT provisioning').check()
  await page.getByLabel('Enable JIT syncing').check()
  await looksRight('form-saml')
  await page.getByRole('button', { name: 'Add source' }).click()
  expect(page.url()).toBe(`${app.admin}/acme?saved=added`)
  expect(await main()).toMatch(/Provisioning on\s+Syncing on/)
})

test('shows what to enter at the identity provider, and copies it', async () => {
  await page.goto(`${app.admin}/acme?product=okta`)
  const details = page.locator('#integration-details')
  expect(await details.innerText()).toMatch(/Required fields[\s\S]*firstName[\s\S]*lastName/)
  await details.getByRole('button', { name: 'Copy ACS URL' }).click()
  await page.getByRole('button', { name: 'Copied ACS URL' }).waitFor()
  expect(await page.evaluate('navigator.clipboard.readText()')).toBe(`${app.origin}/sso/acme/callback`)
  await page.locator('#announcement', { hasText: /^Copied: / }).waitFor({ state: 'attached' })
  expect(await page.locator('#setup').innerText()).toContain(`${app.origin}/sso/acme/callback`)
  const download = page.waitForEvent('download')
  await page.getByRole('link', { name: 'Download SP metadata' }).click()
  expect((await download).suggestedFilename()).toBe('acme-metadata.xml')
  await looksRight('setup')
})

test('shows the mapping with exact names, and which fields are provisioned and synced', async () => {
  await page.goto(`${app.admin}/`)
  await page.getByRole('link', { name: 'Field mapping' }).click()
  expect(page.url()).toBe(`${app.admin}/acme#field-mapping`)
  const mapping = page.locator('#field-mapping')
  expect(await mapping.innerText()).toContain('read-only')
  const cells = (field: string): Promise<string[]> =>
    mapping.getByRole('row', { name: field }).locator('td').allTextContents()
  expect((await cells('Cost center')).map((text) => text.replace(/\s+/g, ' ').trim())).toEqual([
    ...['costCenter Copy the attribute name of Cost center', 'string', 'no', 'no', '●yes', '●yes'],
  ])
  await looksRight('source')
})

test('adds an OpenID Connect source from issuer, client ID and secret only', async () => {
  await page.goto(`${app.admin}/new?protocol=oidc`)
  await page.getByLabel('Source ID').fill('keycloak')
  await page.getByLabel('Issuer').fill(provider.issuer)
  await page.getByLabel('Client ID').fill('app')
  await page.getByLabel('Client secret').fill('a-very-secret-secret')
  await page.getByRole('button', { name: 'Add source' }).click()
  expect(await page.getByRole('heading', { level: 1 }).innerText()).toBe('keycloak')
  expect(await main()).not.toContain('could not be reached')
  expect(await page.locator('#integration-details').innerText()).not.toContain('Required fields')
  expect(await page.content()).not.toContain('a-very-secret-secret')
})

test('flips the toggles, and chooses the fields that are synced', async () => {
  await page.goto(`${app.admin}/keycloak`)
  await page.getByRole('link', { name: 'Edit', exact: true }).click()
  await page.getByLabel('Enable JIT provisioning').check()
  await page.getByLabel('Enable JIT syncing').check()
  const sync = page.locator('.toggle', { has: page.getByLabel('Enable JIT syncing') })
  expect(await sync.getByLabel('Cost center').isVisible()).toBe(false)
  await sync.getByLabel('Only selected fields').check()
  await sync.getByLabel('Cost center').check()
  await page.getByLabel('Employee number', { exact: true }).first().selectOption('2.')
  await looksRight('form-oidc')
  await page.getByRole('button', { name: 'Save' }).click()
  const row = (field: string): Promise<string[]> =>
    page
      .locator('#field-mapping')
      .getByRole('row', { name: field })
      .locator('td .visually-hidden')
      .allTextContents()
  expect((await row('Cost center')).slice(1)).toEqual(['no', 'no', 'yes', 'yes'])
  expect((await row('Department')).slice(1)).toEqual(['no', 'no', 'yes', 'no'])
  expect((await row('Employee number')).slice(1)).toEqual(['no', 'yes', 'yes', 'no'])
})

test('starts a test sign-in, shows its result, and leads back to the source', async () => {
  await page.goto(`${app.admin}/keycloak`)
  await page.getByRole('button', { name: 'Test sign-in' }).click()
  await page.waitForURL((url) => url.href.startsWith(provider.issuer))
  await page.getByPlaceholder('Enter any login').fill('ann')
  await page.getByPlaceholder('and password').fill('any')
  await page.getByRole('button', { name: 'Sign-in' }).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.waitForURL(`${app.origin}/sso/keycloak/callback*`)
  expect(await app.User.countDocuments()).toBe(0)
  await tabThrough(page)
  await tabTo(page, 'Back to the source', 'Shift+Tab')
  await page.keyboard.press('Enter')
  await page.waitForURL(/admin/)
  expect(page.url()).toBe(`${app.admin}/keycloak#test-sign-in`)
})

test('focuses the first mistake, and keeps everything typed', async () => {
  await page.goto(`${app.admin}/new?protocol=oidc`)
  await page.getByLabel('Label').fill('الشركة المتحدة للاتصالات')
  await page.getByLabel('Issuer').fill('login.example.com')
  await page.getByRole('button', { name: 'Add source' }).click()
  expect(await page.evaluate('document.activeElement.id')).toBe('errors')
  await page.getByRole('link', { name: 'Issuer' }).click()
  expect(await page.evaluate('document.activeElement.id')).toBe('f-oidc-issuer')
  expect(await page.getByLabel('Label').inputValue()).toBe('الشركة المتحدة للاتصالات')
  expect(await page.getByLabel('Issuer').getAttribute('aria-invalid')).toBe('true')
  await looksRight('form-errors')
})

test('works without JavaScript', async () => {
  const context = await browser.newContext({ javaScriptEnabled: false })
  await context.addCookies([{ name: 'who', value: 'admin', url: app.origin }])
  const plain = await context.newPage()
  await plain.goto(`${app.admin}/acme/edit`)
  await plain.getByLabel('Enable JIT syncing').uncheck()
  await plain.getByRole('button', { name: 'Save' }).click()
  expect(await plain.locator('main').innerText()).toMatch(/Saved\.[\s\S]*/)
  expect(await plain.locator('main .facts').innerText()).toContain('Syncing off')
  expect(await plain.getByRole('button', { name: 'Copy' }).count()).toBe(0)
  await context.close()
})

test('deletes a source after its id is typed', async () => {
  await page.goto(`${app.admin}/keycloak#delete`)
  await page.getByLabel('Type keycloak to delete').fill('keycloack')
  await page.getByRole('button', { name: 'Delete source' }).click()
  expect(await main()).toContain('Nothing was deleted')
  await page.getByLabel('Type keycloak to delete').fill('keycloak')
  await page.getByRole('button', { name: 'Delete source' }).click()
  expect(await main()).toContain('The source keycloak was deleted')
  await looksRight('listing')
})

function metadataOf(certificates: string[]): Buffer {
  const keys = certificates.map(
    (cert) => `<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>${cert.replace(/-----[^-]+-----|\s/g, '')}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`,
  )
  return Buffer.from(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.acme.example">
    <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">${keys.join('')}
      <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.acme.example/sso"/>
    </IDPSSODescriptor></EntityDescriptor>`)
}
