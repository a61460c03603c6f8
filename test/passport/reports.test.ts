import express from 'express'
import passport from 'passport'
import type { JitError, SourceConfig } from '../../src/index'
import { certificate } from '../helpers/company'
import { Browser } from '../helpers/oidc-browser'
import { webApp, type WebApp } from '../helpers/web-app'

let app: WebApp
afterEach(() => app.close())

const sources: SourceConfig[] = [
  {
    id: 'okta',
    protocol: 'saml',
    saml: { entryPoint: 'https://idp.example/sso', idpIssuer: 'https://idp.example', idpCert: certificate },
  },
  {
    id: 'entra',
    protocol: 'oidc',
    // No server is listening there.
    oidc: { issuer: 'http://127.0.0.1:9', clientID: 'app', clientSecret: 's'.repeat(40) },
  },
]

/** An app with the router, and its own route for each source. */
async function appWithOwnRoutes(): Promise<unknown[]> {
  const own = express.Router()
  own.use('/own/:source', express.urlencoded({ extended: false }), (req, res, next) => {
    const finish = (_error: unknown): void => void res.end()
    const strategy = app.jit.strategy(String(req.params['source']))
    ;(passport.authenticate(strategy, finish) as express.RequestHandler)(req, res, next)
  })
  app = await webApp({ sources: () => sources, before: [own] })
  const told: unknown[] = []
  const note = (event: string) => (error: Error) => told.push([event, (error as JitError).code])
  app.jit.on('refused', note('refused')).on('error', note('error'))
  return told
}

describe('a strategy’s refusals and faults', () => {
  it.each([
    ['at the app’s own route', '/own/okta'],
    ['at the router’s route', '/sso/okta/callback'],
  ])('are reported once to the app’s listeners, through SAML %s', async (_, path) => {
    const told = await appWithOwnRoutes()
    await new Browser().request(`${app.origin}${path}`, { SAMLResponse: 'bm90IFhNTA==' })
    expect(told).toEqual([['refused', 'invalid_assertion']])
  })

  it.each([
    ['at the app’s own route', '/own/entra', '/own/entra'],
    ['at the router’s route', '/sso/entra/callback', '/sso/entra/login'],
  ])('are reported once to the app’s listeners, through OpenID Connect %s', async (_, callback, login) => {
    const told = await appWithOwnRoutes()
    await new Browser().request(`${app.origin}${callback}?code=c&state=s`)
    await new Browser().request(`${app.origin}${login}`)
    expect(told).toEqual([
      ['refused', 'invalid_assertion'],
      ['error', 'provider_unavailable'],
    ])
  })
})
