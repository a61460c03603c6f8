import { randomBytes } from 'node:crypto'
import type { Profile } from '@node-saml/passport-saml'
import { MultiSamlStrategy, SAML } from '@node-saml/passport-saml'
import type { Request } from 'express'
import type { Strategy } from 'passport'
import type { HasContext, JitContext } from '../context'
import { context } from '../context'
import { JitError } from '../login/errors'
import type { LoginResult } from '../login/result'
import type { SamlSource } from '../sources/config'
import type { Actions } from './delegate'
import { failOrError, forThisRequest } from './delegate'
import { safeReturnTo } from './return-to'
import type { SamlAssertion } from './saml-assertion'
import { readAssertion } from './saml-assertion'
import type { Confirmed } from './saml-claims'
import { checkClaims } from './saml-claims'
import { decryptedText } from './saml-decryption'
import type { Envelope } from './saml-envelope'
import { checkDecrypted, checkEnvelope } from './saml-envelope'
import type { Outline } from './saml-message'
import { attributeOf, decodeMessage, outlineOf } from './saml-message'
import { nodeSamlOptions } from './saml-options'
import { refusal } from './saml-refusal'
import { signatureHolds } from './saml-signature'

const TRANSIENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient'

/** What Passport gets of a sign-in beside the user; `req.authInfo` afterwards. */
export interface SamlAuthInfo {
  jit: LoginResult
  /** Where the person wanted to go: a path of this origin. */
  returnTo: string | undefined
  /** By what the identity provider knows this session (Profiles 4.4: single logout). */
  saml: { nameId: string | null; nameIdFormat: string | null; sessionIndex: string | null }
}

/** Has passport-saml verify the message of a request. */
type Verify = () => Promise<Profile>

interface StartOptions {
  returnTo?: unknown
}

/**
 * The Passport strategy of one SAML source: Web Browser SSO (Profiles 4.1) with the request by HTTP-Redirect or
 * HTTP-POST and the response by HTTP-POST, over passport-saml's MultiSamlStrategy. GET starts a sign-in; its
 * `returnTo` comes from the options of `passport.authenticate` or from the query. POST finishes one: the user is
 * what `login` found or created, and `req.authInfo.jit` its result. Every refusal is Passport's `fail` with a
 * JitError, everything broken its `error`.
 */
export const SamlJitStrategy: new (jit: HasContext, sourceId: string) => Strategy =
  class SamlJitStrategy extends MultiSamlStrategy {
    override name: string
    private readonly jit: HasContext

    constructor(jit: HasContext, sourceId: string) {
      super(
        {
          passReqToCallback: true,
          getSamlOptions: (_req, done) => done(null, nodeSamlOptions(samlSource(jit[context], sourceId))),
        },
        (_req, profile, done) => done(null, profile ?? undefined),
        (_req, _profile, done) => done(new Error('Logout messages are not for this route')),
      )
      this.name = sourceId
      this.jit = jit
    }

    override authenticate(req: object, options: object = {}): void {
      const strategy = forThisRequest(this)
      this.run(strategy, req as Request, options as StartOptions).catch((error: unknown) =>
        failOrError(strategy, error),
      )
    }

    private async run(strategy: Actions, req: Request, options: StartOptions): Promise<void> {
      const jit = this.jit[context]
      const source = samlSource(jit, this.name)
      if (req.query.SAMLResponse !== undefined || req.query.SAMLRequest !== undefined) {
        throw refusal(source.id, 'binding', 'SAML messages are accepted by HTTP-POST only')
      }
      if (req.method === 'POST') {
        const info = await finish(jit, source, req, () => this.verify(req))
        strategy.success(info.jit.user, info)
      } else {
        await start(jit, source, req, options, strategy)
      }
    }

    /** Resolves to what passport-saml found genuine; rejects with its plain Error. */
    private verify(req: Request): Promise<Profile> {
      return new Promise((resolve, reject) => {
        const none = () => reject(new Error('No profile'))
        const actions = { success: resolve, error: reject, fail: none, pass: none }
        const listener = Object.assign(Object.create(this) as this, actions)
        super.authenticate.call(listener, req as never, {})
      })
    }
  }

function samlSource(jit: JitContext, id: string): SamlSource {
  const source = jit.source(id)
  if (source.protocol === 'saml') return source
  throw new JitError('invalid_configuration', `The source "${id}" is not a SAML source`, { source: id })
}

/** Sends the browser to the identity provider with an AuthnRequest (Core 3.4.1) that this browser may answer. */
async function start(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  options: StartOptions,
  strategy: Actions,
): Promise<void> {
  const id = `_${randomBytes(20).toString('hex')}`
  const saml = new SAML({ ...nodeSamlOptions(source), generateUniqueId: () => id })
  const returnTo = safeReturnTo(options.returnTo ?? req.query.returnTo)
  await jit.requests.start(req, { id, source: source.id, ...(returnTo !== undefined && { returnTo }) })
  if (source.saml.authnRequestBinding === 'HTTP-POST') {
    req.res?.type('html').send(await saml.getAuthorizeFormAsync('', undefined, {}))
  } else {
    strategy.redirect(await saml.getAuthorizeUrlAsync('', undefined, {}))
  }
}

/** Finishes a sign-in with the Response that was posted (Profiles 4.1.4.3). */
async function finish(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  verify: Verify,
): Promise<SamlAuthInfo> {
  const body = (req.body ?? {}) as Record<string, unknown>
  if (body.SAMLRequest !== undefined) {
    throw refusal(source.id, 'binding', 'Logout requests are not accepted by the assertion consumer service')
  }
  const outline = outlineOf(source.id, decodeMessage(source.id, body.SAMLResponse))
  const assertion = await verifiedAssertion(source, outline, verify)
  const confirmed = checkClaims(source, assertion, Date.now())
  const returnTo = await useOnce(jit, source, req, outline, assertion, confirmed)
  const { nameId, nameIdFormat, sessionIndex } = assertion
  const result = await jit.login(source.id, {
    issuer: assertion.issuer,
    subject: nameIdFormat === TRANSIENT ? null : nameId,
    attributes: assertion.attributes,
  })
  return { jit: result, returnTo, saml: { nameId, nameIdFormat, sessionIndex } }
}

/** node-saml checks times and audience itself once a signature holds; its sentences may quote the message. */
const checksOfNodeSaml: [RegExp, string][] = [
  [/^SAML assertion not yet valid/, 'not_yet_valid'],
  [/^SAML assertion expired/, 'expired'],
  [/^SAML assertion (audience|has no Audience|Audience)/, 'audience'],
  [
    /^Error parsing (NotBefore|NotOnOrAfter|IssueInstant)|^Unable to process multiple conditions/,
    'conditions',
  ],
  [/reading 'AudienceRestriction'/, 'conditions'],
]

/**
 * Reads the assertion from what passport-saml finds genuine. The signature over the Response must hold where
 * there is one, else that over the assertion (Profiles 4.1.4.3).
 */
async function verifiedAssertion(
  source: SamlSource,
  outline: Outline,
  verify: Verify,
): Promise<SamlAssertion> {
  const envelope = checkEnvelope(source, outline)
  try {
    await checkSignedByIdp(source, outline, envelope)
    const profile = await verify()
    return readAssertion(profile.getAssertionXml?.() ?? '')
  } catch (error) {
    throw unverified(source, envelope.encrypted, error)
  }
}

/** Keeps from passport-saml what the identity provider did not sign; a signed Response before it is decrypted. */
async function checkSignedByIdp(source: SamlSource, outline: Outline, envelope: Envelope): Promise<void> {
  const certificates = [source.saml.idpCert].flat()
  const mustHold = (xml: string, owner: 'Response' | 'Assertion') => {
    if (!signatureHolds(xml, owner, certificates)) throw new Error('Invalid signature')
  }
  if (envelope.responseSigned) mustHold(outline.xml, 'Response')
  else if (!envelope.encrypted) mustHold(outline.xml, 'Assertion')
  if (!envelope.encrypted) return
  const decrypted = outlineOf(source.id, await decryptedText(source, outline))
  checkDecrypted(source, decrypted)
  if (!envelope.responseSigned) mustHold(decrypted.xml, 'Assertion')
}

/** One and the same answer whatever fails in an encrypted assertion: the difference would help to decrypt it. */
function unverified(source: SamlSource, encrypted: boolean, error: unknown): JitError {
  const message = error instanceof Error ? error.message : ''
  const check = checksOfNodeSaml.find(([pattern]) => pattern.test(message))?.[1]
  if (check) return refusal(source.id, check, `The assertion does not hold: ${check.replaceAll('_', ' ')}`)
  return encrypted
    ? refusal(source.id, 'encryption', 'The encrypted assertion cannot be read')
    : refusal(source.id, 'signature', 'No valid signature covers the assertion')
}

/** Takes the sign-in that the assertion answers, then the assertion itself; each serves once. */
async function useOnce(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  { root }: Outline,
  { id }: SamlAssertion,
  { inResponseTo, expiresAt }: Confirmed,
): Promise<string | undefined> {
  const outer = attributeOf(root, 'InResponseTo')
  if (outer !== undefined && outer !== inResponseTo) {
    throw refusal(source.id, 'in_response_to', 'Response and assertion answer different requests')
  }
  const returnTo = await answeredRequest(jit, source, req, inResponseTo)
  if (!(await jit.requests.firstUse(source.id, id, expiresAt))) {
    throw new JitError('replayed', 'The assertion was used before', { source: source.id })
  }
  return returnTo
}

/** Where the sign-in wanted to go that this assertion answers. */
async function answeredRequest(
  jit: JitContext,
  source: SamlSource,
  req: Request,
  inResponseTo: string | undefined,
): Promise<string | undefined> {
  if (inResponseTo === undefined) {
    if (source.saml.allowIdpInitiated === true) {
      return safeReturnTo((req.body as Record<string, unknown>).RelayState)
    }
    throw refusal(
      source.id,
      'in_response_to',
      'The assertion answers no request, and this source demands one',
    )
  }
  const request = await jit.requests.take(req, source.id, inResponseTo)
  if (request) return request.returnTo
  throw refusal(
    source.id,
    'in_response_to',
    'The assertion answers no request that this browser started here',
  )
}
