import { model, type Schema } from 'mongoose'
import { catalogOf } from '../../src/fields/model-catalog'
import type { SourceConfig } from '../../src/sources/config'
import { describeSource } from '../../src/sources/describe-source'
import { validateSource } from '../../src/sources/validate'
import { setupGuide, setupProducts } from '../../src/web/admin/setup-guides/products'
import { certificate } from '../helpers/company'
import { moduleOf } from './helpers/module'
import { namesIn, pages, tableRows, textOf } from './helpers/pages'

/* The admin area has guides for the same products, and both must agree. */

const guides = [
  { page: 'docs/providers/README.md', file: 'sources.ts', product: 'generic' },
  { page: 'docs/providers/okta.md', file: 'okta.ts', product: 'okta' },
  { page: 'docs/providers/entra-id.md', file: 'entra.ts', product: 'entra' },
  { page: 'docs/providers/google-workspace.md', file: 'google.ts', product: 'google' },
  { page: 'docs/providers/keycloak.md', file: 'keycloak.ts', product: 'keycloak' },
  { page: 'docs/providers/ad-fs.md', file: 'adfs.ts', product: 'adfs' },
  { page: 'docs/providers/onelogin.md', file: 'onelogin.ts', product: 'onelogin' },
]
const index = 'docs/providers/README.md'
const baseUrl = 'https://app.example.com/sso'

const secrets = ['CORP', 'OKTA', 'ENTRA', 'GOOGLE', 'KEYCLOAK', 'ADFS', 'ONELOGIN'].flatMap((name) => [
  `${name}_CERTIFICATE`,
  `${name}_CLIENT_SECRET`,
])
const before = { ...process.env }
beforeAll(() => {
  for (const name of secrets) process.env[name] = name.endsWith('CERTIFICATE') ? certificate : 'a secret'
})
afterAll(() => {
  process.env = before
})

const { userSchema } = moduleOf<{ userSchema: Schema }>('docs/providers/README.md', 'user.ts')
const fields = catalogOf(model('User', userSchema))

/** A source of a page, as `ready()` takes it. */
function sourceOf(page: string, file: string, protocol: 'saml' | 'oidc'): ReturnType<typeof validateSource> {
  return validateSource(
    moduleOf<Record<'saml' | 'oidc', SourceConfig>>(page, file)[protocol],
    fields,
    baseUrl,
  )
}

/** The values that the admin area says to enter for a source of a page, each with the product's name for it. */
function entered(
  page: string,
  file: string,
  product: string,
  protocol: 'saml' | 'oidc',
): { name: string; value: string }[] {
  const { source } = sourceOf(page, file, protocol)
  // With keys, so that every logout step is included.
  const config =
    source?.protocol === 'saml'
      ? { ...source, saml: { ...source.saml, privateKey: 'a key', publicCert: certificate } }
      : source!
  const guide = setupProducts.find(({ id }) => id === product)!
  return setupGuide(guide, describeSource(config, { fields, baseUrl }), config)
    .flatMap(({ values }) => values)
    .filter(({ value }) => value !== certificate && value !== config.label)
    .map(({ name, value }) => ({
      name: name.replace(/^(E-mail|First name|Last name|Title|Department|Manager|Groups|Name ID): /, ''),
      value,
    }))
}

it('has a page for every product with a guide in the admin area', () => {
  expect(guides.map(({ product }) => product).sort()).toEqual(setupProducts.map(({ id }) => id).sort())
  const own = pages.filter((page) => page.startsWith('docs/providers/'))
  expect(guides.map(({ page }) => page).sort()).toEqual([...own].sort())
})

describe.each(guides)('$page', ({ page, file, product }) => {
  it.each(['saml', 'oidc'] as const)('shows a valid source: %s', (protocol) => {
    expect(sourceOf(page, file, protocol).problems).toBeUndefined()
  })

  it.each(['saml', 'oidc'] as const)('gives the same values to enter as the admin area: %s', (protocol) => {
    const text = textOf(page).replaceAll(/\s+/g, ' ')
    const values = entered(page, file, product, protocol)
    expect(values.length).toBeGreaterThan(0)
    expect(values.filter(({ name, value }) => !text.includes(name) || !text.includes(value))).toEqual([])
  })
})

it('lists the attributes that the app’s fields need', () => {
  const rows = tableRows(index, '## The app of these guides')
  const names = (column: number): string[] => rows.slice(1).flatMap((row) => namesIn(row[column]!))
  const attributes = (protocol: 'saml' | 'oidc'): string[] => {
    const { source } = sourceOf(index, 'sources.ts', protocol)
    return describeSource(source!, { fields, baseUrl }).fieldMapping.map(({ attribute }) => attribute)
  }
  expect(names(1)).toEqual(attributes('saml'))
  expect(names(2)).toEqual(attributes('oidc'))
})
