import http, { type RequestListener } from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { watchDeadlines } from '../helpers/deadlines'
import { adminApp, type AdminApp } from '../helpers/admin-app'

let app: AdminApp
let answer: RequestListener
const server = http.createServer((req, res) => answer(req, res))

beforeAll(async () => {
  app = await adminApp()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = server.address() as AddressInfo
  // The far end of the network: requests to public addresses reach a server of this test.
  jest
    .spyOn(https, 'request')
    .mockImplementation(((url: URL, options: http.RequestOptions) =>
      http.request({ ...options, host: '127.0.0.1', port, path: url.pathname, lookup: undefined })) as never)
})
afterAll(async () => {
  jest.restoreAllMocks()
  server.closeAllConnections()
  server.close()
  await app.close()
})

const headers = (): Record<string, string> => ({ cookie: 'who=admin', origin: app.origin })

async function byApi(metadataUrl: string): Promise<{ status: number; said: string }> {
  const response = await fetch(`${app.admin}/api/sources`, {
    method: 'POST',
    headers: { ...headers(), 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'acme', protocol: 'saml', saml: { metadataUrl } }),
  })
  const { errors } = (await response.json()) as { errors: { option: string; message: string }[] }
  const said = errors.find(({ option }) => option === 'saml.metadataUrl')?.message ?? ''
  return { status: response.status, said }
}

async function byForm(metadataUrl: string): Promise<{ status: number; said: string }> {
  const form = { protocol: 'saml', id: 'acme', 'saml.metadataUrl': metadataUrl, action: 'read-metadata' }
  const response = await fetch(`${app.admin}/`, {
    method: 'POST',
    headers: headers(),
    body: new URLSearchParams(form),
  })
  const html = await response.text()
  expect(html).toContain(`value="${metadataUrl}"`)
  const said = /id="f-saml-metadataUrl-error">\s*([^<]*?)\s*<\/p>/.exec(html)?.[1] ?? ''
  return { status: response.status, said }
}

describe('a metadata URL', () => {
  it.each<[what: string, url: string, answer: RequestListener, words: string]>([
    ['is not https', 'http://idp.example/metadata', end(200, ''), 'The address must begin with https://'],
    ['is private', 'https://192.168.0.1/metadata', end(200, ''), 'points to a private address'],
    ['is loopback', 'https://127.0.0.1/metadata', end(200, ''), 'points to a private address'],
    ['never responds', 'https://idp.example/slow', () => undefined, 'did not answer within five seconds'],
    ['never ends', 'https://idp.example/trickle', trickle, 'did not answer within five seconds'],
    ['is huge', 'https://idp.example/huge', end(200, '<'.repeat(1024 * 1024 + 1)), 'larger than 1 MiB'],
    ['breaks off', 'https://idp.example/', (_req, res) => void res.destroy(), 'could not be reached'],
    ['is a web page', 'https://idp.example/', end(200, '<!doctype html><p>Hi'), 'This is a web page'],
    ['is not XML', 'https://idp.example/', end(200, '{"a":1}'), 'it is not XML'],
    ['is another XML document', 'https://idp.example/', end(200, '<rss/>'), 'another kind of XML document'],
    ['is not found', 'https://idp.example/', end(404, 'no'), 'answered with status 404 instead of metadata'],
    ['redirects', 'https://idp.example/', end(302, ''), 'only redirects elsewhere'],
  ])(
    'that %s is refused with an explanation next to its control, within five seconds',
    async (_what, url, far, words) => {
      answer = far
      const deadlines = watchDeadlines(words.includes('five seconds') ? 5 : 1)
      const answers = await Promise.all([byApi(url), byForm(url)])
      expect(deadlines.mock.calls.flat().filter((ms) => ms !== 5000)).toEqual([])
      deadlines.mockRestore()
      for (const { status, said } of answers)
        expect([status, said]).toEqual([422, expect.stringContaining(words)])
    },
  )
})

function end(status: number, body: string): RequestListener {
  return (_req, res) => void res.writeHead(status, { location: 'https://elsewhere.example/' }).end(body)
}

/** Sends a byte now and then. */
function trickle(_req: unknown, res: http.ServerResponse): void {
  const timer = setInterval(() => res.write('<'), 200)
  res.on('close', () => clearInterval(timer))
}
