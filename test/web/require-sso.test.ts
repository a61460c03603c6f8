import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import supertest from 'supertest'
import { createJit, type Jit, type SourceConfig } from '../../src'
import { company, type Company, source } from '../helpers/company'
import { Browser, type Page } from '../helpers/oidc-browser'

let app: Company
let jit: Jit
let server: Server
let origin: string

beforeEach(async () => {
  const on = { domains: ['corp.example', 'bücher.example'], enforced: true }
  app = await company({
    sources: [
      source({ id: 'off', enabled: false, ...on }),
      source({ id: 'free', domains: ['corp.example', 'free.example'] }),
      source({ ...on, domains: ['corp.example', 'bücher.example'] }),
      source({ id: 'second', ...on }),
    ],
  })
  jit = app.jit
  const routes = express()
  routes.use(express.urlencoded({ extended: true }), express.json())
  const gate = jit.requireSso({
    email: (req) => (req.body as { email?: unknown }).email,
    except: (req) => Promise.resolve(req.get('X-Emergency') === 'yes'),
  })
  routes.post('/login', gate, (_req, res) => void res.send('password'))
  server = createServer(routes).listen(0, '127.0.0.1')
  await once(server, 'listening')
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await app.close()
})

const post = (form: Record<string, string>, headers = {}): Promise<Page> =>
  new Browser().request(`${origin}/login`, form, headers)
const postJson = (body: unknown): Promise<Response> =>
  fetch(`${origin}/login`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

describe('requireSso', () => {
  it('sends a browser to the sign-in with a returnTo', async () => {
    const page = await post({ email: 'ann@corp.example', returnTo: '/reports' })
    expect(page.status).toBe(302)
    expect(page.headers.get('location')).toMatch(/\/sso\/okta\/login\?returnTo=%2Freports$/)
    const navigated = await supertest(origin)
      .post('/login')
      .set('Sec-Fetch-Mode', 'navigate')
      .type('form')
      .send({ email: 'ann@corp.example' })
    expect([navigated.status, navigated.headers['refresh']]).toEqual([
      200,
      expect.stringMatching(/\/okta\/login$/),
    ])
  })

  it('answers JSON with sso_required and the sign-in address', async () => {
    const response = await postJson({ email: 'ann@corp.example' })
    expect([response.status, response.headers.get('content-type')]).toEqual([
      403,
      expect.stringContaining('application/problem+json'),
    ])
    expect(await response.json()).toMatchObject({
      code: 'sso_required',
      loginUrl: expect.stringMatching(/\/okta\/login$/) as string,
    })
  })

  it.each(['ann@free.example', 'ann@sub.corp.example', 'ann', ''])('lets %p through', async (email) => {
    expect((await post({ email })).text).toBe('password')
  })

  it('lets people through if except returns true', async () => {
    expect((await post({ email: 'ann@corp.example' }, { 'X-Emergency': 'yes' })).text).toBe('password')
  })

  it.each([undefined, null, 7, ['ann@corp.example'], { a: 1 }])('answers 400 to %p', async (email) => {
    expect((await postJson({ email })).status).toBe(400)
    await expect(jit.requiredSource(email)).rejects.toMatchObject({ status: 400 })
  })

  it('requires a function for the email', () => {
    expect(() => jit.requireSso({} as never)).toThrow('give email')
  })
})

describe('requiredSource', () => {
  it.each([
    'ann@corp.example',
    ' Ann@CORP.example\n',
    'ann@corp.example.',
    '"ann"@corp.example',
    'a@b@corp.example',
    'ann(x)@corp.example',
    'ann@bücher.example',
    '"ann"@BÜCHER.example',
    'ann@xn--bcher-kva.example',
  ])('returns the first source that is on and enforced for %p', async (email) => {
    expect(await jit.requiredSource(email)).toMatchObject({
      id: 'okta',
      loginIdentifiers: expect.any(Array) as [],
    })
  })

  it.each(['ann@free.example', 'ann@corp.example.evil.example', 'corp.example@x', 'ann'])(
    'is undefined for %p',
    async (email) => {
      expect(await jit.requiredSource(email)).toBeUndefined()
    },
  )

  it('is refused by ready() if the source has no domains', async () => {
    const broken: SourceConfig = source({ enforced: true })
    const other = createJit({ userModel: app.User, baseUrl: 'https://app.example/sso', sources: [broken] })
    await expect(other.ready()).rejects.toThrow('enforced: needs `domains`')
  })
})
