import { samlApp, type SamlApp } from '../helpers/saml-app'
import type { SamlSource } from '../../src/sources/config'

let app: SamlApp
let close: () => Promise<void>
let okta: SamlSource

beforeAll(async () => {
  ;({ app, close } = await samlApp())
  okta = app.source('okta')
})
afterAll(() => close())
beforeEach(() => app.logins.splice(0))

describe('a sign-in', () => {
  it.each([
    ['the response is signed', { sign: ['response' as const] }],
    ['the assertion is signed', { sign: ['assertion' as const] }],
    ['both are signed', { sign: ['assertion' as const, 'response' as const] }],
  ])('succeeds when %s', async (_, changes) => {
    const response = await app.signIn(okta, changes)
    expect(response.body).toMatchObject({ user: { id: 7 }, info: { jit: { outcome: 'synced' } } })
    expect(app.logins).toEqual([
      {
        source: 'okta',
        assertion: {
          issuer: okta.saml.idpIssuer,
          subject: 'ann-1',
          attributes: { email: 'ann@example.com' },
        },
      },
    ])
  })
})
