import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { certificate } from '../helpers/company'
import { freePort } from 'dev-mongo'
import { blocksOf, namesIn, root, tableRows } from './helpers/pages'

const page = 'docs/admin-area.md'

const metadata = `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.acme.example">
  <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
    <KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data>
      <X509Certificate>${certificate.replace(/-----[^-]+-----|\s/g, '')}</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
    <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="https://idp.acme.example/sso"/>
  </IDPSSODescriptor></EntityDescriptor>`

interface Message {
  line: number
  first: string
  headers: [string, string][]
  body: unknown
}

/** The HTTP messages of the page, with this app's address, and with an unused port for the provider. */
function messages(app: AdminApp, port: number): Message[] {
  return blocksOf(page)
    .filter(({ language }) => language === 'http')
    .map(({ code, line }) => {
      const here = code.replaceAll('https://app.example.com', app.origin).replaceAll(':8080/', `:${port}/`)
      const [head = '', body = ''] = here.split('\n\n')
      const [first = '', ...headers] = head.trim().split('\n')
      return {
        line,
        first,
        headers: headers.map((header) => header.split(': ') as [string, string]),
        body: body.trim() === '' ? undefined : JSON.parse(body, realMetadata),
      }
    })
}

function realMetadata(_name: string, value: unknown): unknown {
  return value === '<EntityDescriptor ...>' ? metadata : value
}

describe('the JSON API of the page', () => {
  let app: AdminApp
  beforeAll(async () => {
    app = await adminApp()
  })
  afterAll(() => app?.close())

  it('answers each request as documented', async () => {
    const all = messages(app, await freePort())
    const requests = all.filter((_, i) => i % 2 === 0)
    expect(requests.length).toBeGreaterThan(5)
    for (const [i, request] of requests.entries()) {
      if (request.first.startsWith('DELETE') && !request.first.includes('?')) await signIn(app)
      const answer = all[2 * i + 1]!
      expect({ line: answer.line, ...(await send(app, request)) }).toEqual(expected(answer))
    }
  })
})

/** Signs in, which links a user. */
function signIn({ jit }: AdminApp): Promise<unknown> {
  const attributes = { email: 'ann@acme.example', given_name: 'Ann', family_name: 'Lee' }
  return jit.login('keycloak', { issuer: 'http://localhost/realms/acme', subject: 'ann', attributes })
}

async function send(app: AdminApp, { first, headers, body }: Message): Promise<object> {
  const [method = '', path = ''] = first.split(' ')
  const response = await fetch(app.origin + path, {
    method,
    headers: [...headers, ['Cookie', 'who=admin']],
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: text === '' ? undefined : JSON.parse(text),
  }
}

/** The response must include what the page shows. It can have more. */
function expected({ line, first, headers, body }: Message): unknown {
  const named = headers.map(([name, value]) => [name.toLowerCase(), value])
  return {
    line,
    status: Number(first.split(' ')[1]),
    headers: expect.objectContaining(Object.fromEntries(named)),
    body: body === undefined ? undefined : containing(body),
  }
}

function containing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(containing)
  if (typeof value !== 'object' || value === null) return value
  return expect.objectContaining(
    Object.fromEntries(Object.entries(value).map(([name, one]) => [name, containing(one)])),
  )
}

it('lists every reason an edit is refused', () => {
  const source = readFileSync(join(root, 'src/stored-sources/admin-source.ts'), 'utf8')
  const statuses = /const statusOf = \{([^}]+)\}/.exec(source)![1]!
  const reasons = [...statuses.matchAll(/(\w+): (\d+)/g)].map(([, name, status]) => [name, status])
  const rows = tableRows(page, '## The JSON API').filter(([first = '']) => /^`\w+`$/.test(first))
  const told = rows.map(([name = '', status]) => [namesIn(name)[0], status])
  expect(told.filter(([name]) => name !== 'code')).toEqual(reasons)
})
