/** Acme's SAML identity provider, a process of its own. */
import express, { type Express, type RequestHandler } from 'express'
import samlp from 'samlp'
import { generate } from 'selfsigned'
import { listen } from '../start/listen'
import { html } from '../web/html'
import { loopbackApp } from '../web/loopback-app'
import { sameOriginOnly } from '../web/security'
import { runAsChild, say } from './child'
import { fetchPeople } from './people'
import { type Answer, PersonMapper, refusal, success } from './saml-response'
import { idpPage, signInPage } from './sign-in-page'

export interface SamlIdpOptions {
  port: number
  /** The directory's address. */
  directory: string
  /** Where the applications that this provider knows are: each source has its addresses below. */
  ssoUrl: string
}

/** What the application has to know of this provider. */
export interface SamlIdp {
  entityId: string
  entryPoint: string
  logoutUrl: string
  certificate: string
}

type Keys = Record<'key' | 'cert', string>

/** Which application asked, and with which request. */
type Asked = Pick<Answer, 'app' | 'inResponseTo'>

const PROVIDER = 'Acme Identity (SAML)'

runAsChild(async (options: SamlIdpOptions): Promise<SamlIdp> => {
  const certificateOf = [{ name: 'commonName', value: 'Acme Identity (demo)' }]
  const { private: key, cert } = await generate(certificateOf, { algorithm: 'sha256' })
  const { server, origin } = await listen(options.port, 'the SAML identity provider', say)
  server.on('request', createSamlIdp(origin, options, { key, cert }))
  const addresses = {
    entityId: `${origin}/metadata`,
    entryPoint: `${origin}/sso`,
    logoutUrl: `${origin}/slo`,
  }
  return { ...addresses, certificate: cert }
})

function createSamlIdp(origin: string, { ssoUrl, directory }: SamlIdpOptions, keys: Keys): Express {
  const idp = loopbackApp(origin)
  const readForm = express.urlencoded({ extended: false })
  idp.use(sameOriginOnly(origin))
  idp.get('/metadata', metadata(origin, keys.cert))
  idp.get('/sso', onlyFrom(ssoUrl), choosePerson(directory))
  const as = { ...keys, issuer: `${origin}/metadata` }
  idp.post('/sso', readForm, onlyFrom(ssoUrl), answer(directory, as))
  idp.get('/slo', onlyFrom(ssoUrl), logout(as))
  return idp
}

function metadata(origin: string, cert: string): RequestHandler {
  return samlp.metadata({
    issuer: `${origin}/metadata`,
    cert,
    profileMapper: PersonMapper,
    redirectEndpointPath: '/sso',
    postEndpointPath: '/sso',
    logoutEndpointPaths: { redirect: '/slo' },
  })
}

/** Lets through a request of one of the app's sources alone, to be answered at its own address. */
function onlyFrom(ssoUrl: string): RequestHandler {
  return (req, res, next) => {
    samlp.parseRequest(req, (error, request) => {
      const app = error ? undefined : appOf(ssoUrl, request?.issuer)
      if (app && (request?.assertionConsumerServiceURL ?? app.acsUrl) === app.acsUrl) {
        res.locals.asked = { app, inResponseTo: request?.id }
        return next()
      }
      const content = html`<p>No application that is registered here asked for this.</p>`
      res.status(400).send(idpPage(PROVIDER, 'Unknown application', content))
    })
  }
}

function appOf(ssoUrl: string, entityId = ''): Asked['app'] | undefined {
  const source = /^\/([\w-]+)\/metadata$/.exec(entityId.slice(ssoUrl.length))?.[1]
  return source && entityId.startsWith(`${ssoUrl}/`)
    ? {
        entityId,
        acsUrl: `${ssoUrl}/${source}/callback`,
        logoutUrl: `${ssoUrl}/${source}/logout`,
      }
    : undefined
}

function choosePerson(directory: string): RequestHandler {
  return async (req, res) => {
    const { SAMLRequest, RelayState } = req.query as Record<string, string | undefined>
    const hidden = { SAMLRequest, RelayState }
    res.send(signInPage({ provider: PROVIDER, people: await fetchPeople(directory), action: '/sso', hidden }))
  }
}

/** Answers for the person who was chosen, by a form that the browser posts to the application. */
function answer(directory: string, as: Omit<Answer, keyof Asked>): RequestHandler {
  return async (req, res) => {
    const { person: id, RelayState } = req.body as Record<string, string | undefined>
    const person = (await fetchPeople(directory)).find((candidate) => candidate.id === id)
    const details = { ...as, ...(res.locals.asked as Asked) }
    const response = person ? await success(details, person) : refusal(details)
    const form = html`<form method="post" action="${details.app.acsUrl}">
      <input type="hidden" name="SAMLResponse" value="${Buffer.from(response).toString('base64')}" />
      <input type="hidden" name="RelayState" value="${RelayState}" />
      <p class="actions"><button class="primary">Continue to the application</button></p>
    </form>`
    res.send(idpPage(PROVIDER, 'Signing in…', form, '/assets/continue.js'))
  }
}

/** Answers a LogoutRequest: this provider asks each time who it is to be, and has no session to end. */
function logout(as: Omit<Answer, keyof Asked>): RequestHandler {
  return (req, res, next) => {
    const { app } = res.locals.asked as Asked
    // Where samlp keeps what it was asked until it has answered; here that is all in one request.
    Object.assign(req, { session: {}, body: {} })
    const protocolBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
    samlp.logout({ ...as, protocolBinding, deflate: true, destination: app.logoutUrl })(req, res, next)
  }
}
