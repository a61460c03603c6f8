import request from 'supertest'
import type { ProviderFacts } from '../directory/applications-page'
import { People } from '../directory/people'
import { seed } from '../directory/seed'
import { createDirectory } from '../directory/server'
import { fetchPeople, sentAttributes } from '../idp/people'
import { listen } from '../start/listen'

const origin = 'http://127.0.0.1:4000'
const host = { Host: '127.0.0.1:4000' }
const ownPage = { 'Sec-Fetch-Site': 'same-origin' }

const providers: ProviderFacts = {
  saml: { metadata: '<EntityDescriptor entityID="acme"/>' },
  oidc: { issuer: 'http://127.0.0.1:4002', clientId: 'example-app', clientSecret: 'demo-secret' },
}

function setup() {
  const people = new People(seed)
  const directory = request(createDirectory({ people, origin, appUrl: 'http://127.0.0.1:3000', providers }))
  const mara = people.all()[0]!
  return { people, mara, get: (path: string) => directory.get(path).set(host), directory }
}

type Setup = ReturnType<typeof setup>

function post({ directory }: Setup, path: string, fields: [string, string][] = [], from: object = ownPage) {
  const body = new URLSearchParams(fields).toString()
  return directory
    .post(path)
    .set({ ...host, ...from })
    .send(body)
}

test('lists all people', async () => {
  const { text } = await setup().get('/')
  for (const { name } of seed) expect(text).toContain(name)
})

test('adds a person from the form: trims names and values, and drops empty fields and rows without a name', async () => {
  const at = setup()
  const { headers: answer } = await post(at, '/people', [
    ['name', ' Zoë '],
    ...row('email', 'email', ' zoe@acme.example '),
    ...row('skills', 'skills', 'Go\r\n\r\nRust'),
    ...row('title', 'title', ''),
    ...row('bio', '', '""'),
    ...row('', '', 'lost'),
  ])
  const added = at.people.all().at(-1)!
  expect(answer.location).toBe(`/people/${added.id}?saved`)
  expect(added).toMatchObject({ name: 'Zoë', active: true })
  expect(sentAttributes(added, 'saml')).toEqual({
    email: 'zoe@acme.example',
    skills: ['Go', 'Rust'],
    bio: '',
  })
  expect(sentAttributes(added, 'oidc')).toEqual({ email: 'zoe@acme.example', skills: ['Go', 'Rust'] })
})

test('changes a person and keeps the id', async () => {
  const at = setup()
  await post(at, `/people/${at.mara.id}`, [['name', 'Mara'], ...row('Title', 'title', 'Fellow')]).expect(303)
  const changed = at.people.find(at.mara.id)!
  expect(changed.id).toBe(at.mara.id)
  expect(sentAttributes(changed, 'saml')).toEqual({ Title: 'Fellow' })
})

test('keeps the entered values when the name is missing, and changes nothing', async () => {
  const at = setup()
  const fields: [string, string][] = [['name', ' '], ...row('email', 'email', 'typed@acme.example')]
  const { text, status } = await post(at, `/people/${at.mara.id}`, fields)
  expect(status).toBe(422)
  expect(text).toContain('typed@acme.example')
  expect(text).toContain('Enter a name')
  expect(at.people.find(at.mara.id)).toEqual(at.mara)
})

test('escapes the values that an admin enters', async () => {
  const at = setup()
  await post(at, `/people/${at.mara.id}`, [
    ['name', '<script>x</script>'],
    ...row('"><b>', 'a', '</textarea>'),
  ])
  const { text } = await at.get(`/people/${at.mara.id}`)
  expect(text).not.toMatch(/<script|"><b>|>\s*<\/textarea><\/textarea/)
  expect(text).toContain('&lt;script&gt;')
})

test('shows the values that an application needs from both providers', async () => {
  const { text } = await setup().get('/applications')
  expect(text).toMatch(/>\s*&lt;EntityDescriptor entityID=&quot;acme&quot;\/&gt;\s*<\/textarea/)
  for (const { issuer, clientId, clientSecret } of [providers.oidc]) {
    for (const fact of [issuer, clientId, clientSecret]) expect(text).toContain(`<code>${fact}</code>`)
  }
})

test('lists only active people for the providers', async () => {
  const at = setup()
  const { server, origin: here } = await listen(0, 'the directory')
  server.on('request', createDirectory({ people: at.people, origin: here, appUrl: here, providers }))
  expect(await fetchPeople(here)).toHaveLength(seed.length)
  await post(at, `/people/${at.mara.id}/deactivate`).expect(303)
  expect(await fetchPeople(here)).not.toContainEqual(expect.objectContaining({ id: at.mara.id }))
  await post(at, `/people/${at.mara.id}/activate`).expect(303)
  expect(await fetchPeople(here)).toHaveLength(seed.length)
  server.close()
  server.closeAllConnections()
})

test.each([
  ['another site', { 'Sec-Fetch-Site': 'cross-site' }],
  ['another port of this machine', { 'Sec-Fetch-Site': 'same-site', Origin: 'http://127.0.0.1:3000' }],
  ['an old browser at another site', { Origin: 'https://evil.example' }],
  ['an unknown origin', {}],
])('refuses a form from %s', async (_where, from) => {
  const at = setup()
  await post(at, `/people/${at.mara.id}/deactivate`, [], from).expect(403)
  expect(at.people.find(at.mara.id)?.active).toBe(true)
})

test('accepts a form from an old browser, which sends only its origin', async () => {
  const at = setup()
  await post(at, `/people/${at.mara.id}/deactivate`, [], { Origin: origin }).expect(303)
})

test('redirects requests for another hostname of this machine to its canonical address', async () => {
  const { headers: answer } = await setup().directory.get('/people/new').set('Host', 'localhost:4000')
  expect(answer.location).toBe('http://127.0.0.1:4000/people/new')
})

test.each(['/people/nobody', '/nothing'])('has no page %s', async (path) => {
  await setup().get(path).expect(404)
})

function row(saml: string, oidc: string, values: string): [string, string][] {
  return [
    ['saml', saml],
    ['oidc', oidc],
    ['values', values],
  ]
}
