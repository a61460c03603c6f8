/** Acme's SAML identity provider, in a process of its own. */
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
  /** The base address of the application's sources. The provider accepts every source below it. */
  ssoUrl: string
}

/** The values that the application needs. */
export interface SamlIdp {
  entityId: string
  entryPoint: string
  logoutUrl: string
  certificate: string
}

type Keys = Record<'key' | 'cert', string>

/** The application that sent a request, and the request's id. */
type Requester = Pick<Answer, 'app' | 'inResponseTo'>

const PROVIDER = 'Acme Identity (SAML)'

runAsChild(async (options: SamlIdpOptions): Promise<SamlIdp> => {
  const subject = [{ name: 'commonName', value: 'Acme Identity (demo)' }]
  const { private: key, cert } = await generate(subject, { algorithm: 'sha256' })
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

/** Accepts only requests from a source of the application, with that source's own address for the answer. */
function onlyFrom(ssoUrl: string): RequestHandler {
  return (req, res, next) => {
    samlp.parseRequest(req, (error, request) => {
      const app = error ? undefined : appOf(ssoUrl, request?.issuer)
      if (app && (request?.assertionConsumerServiceURL ?? app.acsUrl) === app.acsUrl) {
        res.locals.requester = { app, inResponseTo: request?.id }
        return next()
      }
      const content = html`<p>This request doesn’t come from a registered application.</p>`
      res.status(400).send(idpPage({ provider: PROVIDER, heading: 'Unknown application', content }))
    })
  }
}

function appOf(ssoUrl: string, entityId = ''): Requester['app'] | undefined {
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

/** Answers for the chosen person, with a form that the browser posts to the application. */
function answer(directory: string, as: Omit<Answer, keyof Requester>): RequestHandler {
  return async (req, res) => {
    const { person: id, RelayState } = req.body as Record<string, string | undefined>
    const person = (await fetchPeople(directory)).find((candidate) => candidate.id === id)
    const details = { ...as, ...(res.locals.requester as Requester) }
    const response = person ? await success(details, person) : refusal(details)
    const content = html`<form method="post" action="${details.app.acsUrl}">
      <input type="hidden" name="SAMLResponse" value="${Buffer.from(response).toString('base64')}" />
      <input type="hidden" name="RelayState" value="${RelayState}" />
      <p class="actions"><button class="primary">Continue to the application</button></p>
    </form>`
    const script = '/assets/continue.js'
    res.send(idpPage({ provider: PROVIDER, heading: 'Signing in…', content, script }))
  }
}

/** Answers a LogoutRequest. This provider keeps no sessions, so it has none to end. */
function logout(as: Omit<Answer, keyof Requester>): RequestHandler {
  return (req, res, next) => {
    const { app } = res.locals.requester as Requester
    // samlp keeps the request in a session until it answers. Here it answers at once.
    Object.assign(req, { session: {}, body: {} })
    const protocolBinding = 'urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect'
    samlp.logout({ ...as, protocolBinding, deflate: true, destination: app.logoutUrl })(req, res, next)
  }
}
