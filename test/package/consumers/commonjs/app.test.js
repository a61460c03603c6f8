'use strict'
const { startApp, User } = require('./app')

let app
beforeAll(async () => {
  app = await startApp()
})
afterAll(() => app.stop())

async function signIn(path, person) {
  const errand = JSON.stringify({ address: app.origin + path, person })
  const response = await fetch(process.env.PERSON_URL, { method: 'POST', body: errand })
  return response.json()
}

test.each(['oidc', 'saml'])('%s: creates a person, and keeps the profile in sync', async (source) => {
  const ann = { email: `ann@${source}.example`, firstName: 'Ann', lastName: 'Lee', title: 'Engineer' }
  const created = await signIn(`/sso/${source}/login`, { ...ann, skills: ['chess', 'go'] })
  expect(JSON.parse(created.text)).toMatchObject({ ...ann, custom: { skills: ['chess', 'go'] } })

  const synced = await signIn(`/sso/${source}/login`, { ...ann, title: 'Architect', skills: ['go'] })
  expect(JSON.parse(synced.text)).toMatchObject({ title: 'Architect', custom: { skills: ['go'] } })

  expect(app.outcomes.splice(0)).toEqual(['provisioned', 'synced'])
  expect(await User.find({ email: ann.email })).toMatchObject([{ ...ann, title: 'Architect' }])
})

test('shows the admin area to signed-in people', async () => {
  expect((await fetch(`${app.origin}/admin/sso/`)).status).toBe(401)
  const bob = { email: 'bob@oidc.example', firstName: 'Bob', lastName: 'Ray' }
  const { status, text } = await signIn('/sso/oidc/login?returnTo=/admin/sso/', bob)
  expect(status).toBe(200)
  expect(text).toContain('saml')
})
