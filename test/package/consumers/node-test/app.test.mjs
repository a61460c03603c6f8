import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startApp, User } from './app.js'

let app
before(async () => {
  app = await startApp()
})
after(() => app.stop())

async function signIn(path, person) {
  const errand = JSON.stringify({ address: app.origin + path, person })
  const response = await fetch(process.env.PERSON_URL, { method: 'POST', body: errand })
  return response.json()
}

async function signedIn(path, person) {
  const { email, firstName, lastName, title, custom } = JSON.parse((await signIn(path, person)).text)
  return { email, firstName, lastName, title, skills: custom.skills }
}

for (const source of ['oidc', 'saml']) {
  test(`${source}: creates a person, and keeps the profile in step`, async () => {
    const ann = { email: `ann@${source}.example`, firstName: 'Ann', lastName: 'Lee', title: 'Engineer' }
    const first = { ...ann, skills: ['chess', 'go'] }
    assert.deepEqual(await signedIn(`/sso/${source}/login`, first), first)

    const later = { ...ann, title: 'Architect', skills: ['go'] }
    assert.deepEqual(await signedIn(`/sso/${source}/login`, later), later)

    assert.deepEqual(app.outcomes.splice(0), ['provisioned', 'synced'])
    const stored = await User.find({ email: ann.email })
    assert.deepEqual(
      stored.map(({ title, identities }) => [title, identities.length]),
      [['Architect', 1]],
    )
  })
}

test('shows the admin area to those who are signed in', async () => {
  assert.equal((await fetch(`${app.origin}/admin/sso/`)).status, 401)
  const bob = { email: 'bob@oidc.example', firstName: 'Bob', lastName: 'Ray' }
  const { status, text } = await signIn('/sso/oidc/login?returnTo=/admin/sso/', bob)
  assert.equal(status, 200)
  assert.match(text, /saml/)
})
