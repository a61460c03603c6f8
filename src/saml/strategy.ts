import { randomBytes } from 'node:crypto'
import { MultiSamlStrategy, SAML } from '@node-saml/passport-saml'
import type { Request } from 'express'
import type { Strategy } from 'passport'
import type { HasContext, JitContext } from '../passport/context'
import { context } from '../passport/context'
import type { Assertion } from '../login/assertion'
import { JitError } from '../errors'
import type { LoginResult } from '../login/result'
import { recordAtLogIn } from '../passport/record-at-log-in'
import { signedInBySaml } from './logout'
import type { SamlSource, Source } from '../sources/config'
import type { Actions } from '../passport/end-request'
import { endOnce } from '../passport/end-request'
import { type PendingSignIn, testRequestId } from '../sessions/pending-sign-ins'
import { safeReturnTo } from '../sessions/return-to'
import type { SamlAssertion } from './assertion'
import type { Confirmed } from './check-assertion'
import { checkAuthnInstant, checkAssertion } from './check-assertion'
import type { XmlDocument } from './xml/element'
import { attributeOf } from './xml/element'
import { decodeMessage, scanMessage } from './decode-message'
import { nodeSamlOptions } from './node-saml'
import { refusal } from './refusal'
import { verifiedAssertion } from './verify-assertion'
import { endTest } from '../passport/test-sign-in'

const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

/** What Passport gets of a sign-in beside the user; `req.authInfo` afterwards. */
export interface SamlAuthInfo {
  jit: LoginResult
  /** Where the person wanted to go: a path of this origin. */
  returnTo: string | undefined
  /** By what the identity provider knows this session (Profiles 4.4: single logout). */
  saml: { nameId: string | null; nameIdFormat: string | null; sessionIndex: string | null }
}

interface StartOptions {
  returnTo?: unknown
  /** Starts a test sign-in, also through a source that is switched off: its answer signs nobody in. */
  test?: true
}

/**
 * The Passport strategy of one SAML source: Web Browser SSO (Profiles 4.1) with the request by HTTP-Redirect or
 * HTTP-POST and the response by HTTP-POST, over passport-saml's MultiSamlStrategy. GET starts a sign-in; its
 * `returnTo` comes from the options of `passport.authenticate` or from the query. POST finishes one: the user is
 * what `login` found or created, and `req.authInfo.jit` its result. Every refusal is Passport's `fail` with a
 * JitError, everything broken its `error`.
 *
 * Requests and metadata are node-saml's. A Response is verified here: node-saml leaves much of it unchecked, and
 * what it checks costs more the longer the message is, before anything in it can be believed.
 */
export const SamlJitStrategy: new (jit: HasContext, sourceId: string) => Strategy =
  class SamlJitStrategy extends MultiSamlStrategy {
    override name: string
    private readonly jit: HasContext

    constructor(jit: HasContext, sourceId: string) {
      super(
        {
          passReqToCallback: true,
          getSamlOptions: (_req, done) =>
            done(null, nodeSamlOptions(samlSource(jit[context].anySource(sourceId)))),
        },
        (_req, _profile, done) => done(new Error('Responses are verified by this library')),
        (_req, _profile, done) => done(new Error('Logout messages are not for this route')),
      )
      this.name = sourceId
      this.jit = jit
    }

    override authenticate(req: object, options: object = {}): void {
      endOnce(this, this.jit[context], req as Request, (attempt) =>
        this.run(attempt, req as Request, options as StartOptions),
      )
    }

    /** Resolves to what ends the request. */
    private async run(attempt: Actions, req: Request, options: StartOptions): Promise<() => void> {
      const jit = this.jit[context]
      const source = samlSource(jit.anySource(this.name))
      if (options.test) return start(jit, source, req, options, attempt)
      if (req.query.SAMLResponse !== undefined || req.query.SAMLRequest !== undefined) {
        throw refusal(source.id, 'binding', 'SAML messages are accepted by HTTP-POST only')
      }
      if (req.method === 'POST') return this.finish(attempt, source, req)
      jit.source(source.id)
      return start(jit, source, req, options, attempt)
    }

    private async finish(attempt: Actions, source: SamlSource, req: Request): Promise<() => void> {
      const jit = this.jit[context]
      const outline = postedOutline(jit, source, req)
      const test = await jit.requests.takeTest(req, source.id, attributeOf(outline.root, 'InResponseTo'))
      if (test) {
        const ended = await endTest(jit, source, test, () => answerToTest(jit, source, outline, test))
        return () => attempt.fail(ended)
      }
      jit.source(source.id)
      const info = await finish(jit, source, outline, req)
      return () => attempt.success(info.jit.user, info)
    }
  }

function samlSource(source: Source): SamlSource {
  if (source.protocol === 'saml') return source
  const { id } = source
  throw new JitError('invalid_configuration', `The source "${id}" is not a SAML source`, { source: id })
}

/** Sends the browser to the identity provider with an AuthnRequest (Core 3.4.1) that this browser may answer. */
async function start(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  options: StartOptions,
  attempt: Actions,
): Promise<() => void> {
  const random = `_${randomBytes(20).toString('hex')}`
  const id = options.test ? testRequestId(random) : random
  const saml = new SAML({ ...nodeSamlOptions(source), generateUniqueId: () => id })
  const returnTo = safeReturnTo(options.returnTo ?? req.query.returnTo)
  await jit.requests.start(req, {
    ...{ id, source: source.id },
    ...(returnTo !== undefined && { returnTo }),
    ...(options.test && { test: true }),
  })
  if (source.saml.authnRequestBinding === 'HTTP-POST') {
    const form = await saml.getAuthorizeFormAsync('', undefined, {})
    return () => req.res?.type('html').send(form)
  }
  const url = await saml.getAuthorizeUrlAsync('', undefined, {})
  return () => attempt.redirect(url)
}

function postedOutline(jit: JitContext, source: SamlSource, req: Request): XmlDocument {
  const body = (req.body ?? {}) as Record<string, unknown>
  if (body.SAMLRequest !== undefined) {
    throw refusal(source.id, 'binding', 'Logout requests are not accepted by the assertion consumer service')
  }
  const xml = decodeMessage(source.id, body.SAMLResponse, jit.samlLimits)
  return scanMessage(source.id, xml, jit.samlLimits)
}

/** Finishes a sign-in with the Response that was posted (Profiles 4.1.4.3). */
async function finish(
  jit: JitContext,
  source: SamlSource,
  outline: XmlDocument,
  req: Request,
): Promise<SamlAuthInfo> {
  const assertion = await verifiedAssertion(source, outline, jit.samlLimits)
  const confirmed = checkAssertion(source, assertion, Date.now())
  const { returnTo, startedAt } = await useOnce(jit, source, req, outline, assertion, confirmed)
  checkAuthnInstant(source, confirmed, startedAt)
  const { nameId, nameIdFormat, sessionIndex } = assertion
  const result = await jit.login(source.id, withLastingSubject(assertion))
  const signedIn = signedInBySaml(source, assertion, startedAt)
  if (signedIn) recordAtLogIn(req, jit, signedIn)
  return { jit: result, returnTo, saml: { nameId, nameIdFormat, sessionIndex } }
}

/** What the Response to a test says. The request is taken already, so that the assertion cannot serve again. */
async function answerToTest(
  jit: JitContext,
  source: SamlSource,
  outline: XmlDocument,
  test: PendingSignIn,
): Promise<Assertion> {
  const assertion = await verifiedAssertion(source, outline, jit.samlLimits)
  const confirmed = checkAssertion(source, assertion, Date.now())
  if (confirmed.inResponseTo !== test.id) {
    throw refusal(source.id, 'in_response_to', 'Response and assertion answer different requests')
  }
  checkAuthnInstant(source, confirmed, test.startedAt)
  return withLastingSubject(assertion)
}

function withLastingSubject({ issuer, nameId, nameIdFormat, attributes }: SamlAssertion): Assertion {
  return { issuer, subject: nameIdFormat === TRANSIENT ? null : nameId, attributes }
}

/** Takes the sign-in that the assertion answers, then the assertion itself; each serves once. */
async function useOnce(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  { root }: XmlDocument,
  { id }: SamlAssertion,
  { inResponseTo, expiresAt }: Confirmed,
): Promise<Partial<PendingSignIn>> {
  const outer = attributeOf(root, 'InResponseTo')
  if (outer !== undefined && outer !== inResponseTo) {
    throw refusal(source.id, 'in_response_to', 'Response and assertion answer different requests')
  }
  const request = await answeredRequest(jit, source, req, inResponseTo)
  if (!(await jit.requests.firstUse(source.id, id, expiresAt))) {
    throw new JitError('replayed', 'The assertion was used before', { source: source.id })
  }
  return request
}

/** The sign-in that this assertion answers; of one that nobody here asked for there is only where it wants to go. */
async function answeredRequest(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  inResponseTo: string | undefined,
): Promise<Partial<PendingSignIn>> {
  if (inResponseTo === undefined) {
    if (source.saml.allowIdpInitiated === true) {
      return { returnTo: safeReturnTo((req.body as Record<string, unknown>).RelayState) }
    }
    throw refusal(
      source.id,
      'in_response_to',
      'The assertion answers no request, and this source demands one',
    )
  }
  const request = await jit.requests.take(req, source.id, inResponseTo)
  if (request) return request
  throw refusal(
    source.id,
    'in_response_to',
    'The assertion answers no request that this browser started here',
  )
}
