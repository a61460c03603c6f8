import type { Request, Response } from 'express'
import type { FaultCode, JitError, RefusalCode } from '../errors'
import { html, type Html } from './html'
import { sendPage } from './layout'
import { loginAddress } from './sign-in-page'
import { nameHtml } from './values'

interface Words {
  title: string
  /** What happened, for the person who wanted to sign in. */
  text: string
}

const words: Record<RefusalCode | FaultCode, Words> = {
  unknown_source: {
    title: 'No such sign-in',
    text: 'No company sign-in exists at this address. Check the link you followed.',
  },
  source_disabled: {
    title: 'Sign-in is switched off',
    text: 'Sign-in through this provider is currently off.',
  },
  invalid_assertion: {
    title: 'We can’t use this response',
    text: 'We couldn’t accept your identity provider’s response. It may be old, already used or from another sign-in. Start again.',
  },
  identifier_missing: {
    title: 'We could not tell who you are',
    text: 'Your identity provider let you in but did not send the attribute that we recognize you by.',
  },
  ambiguous_user: {
    title: 'More than one account matches',
    text: 'Your details match more than one account here, so we didn’t sign you in.',
  },
  linking_refused: {
    title: 'This account can’t be connected',
    text: 'An account with your details exists, but this sign-in can’t be connected to it.',
  },
  identity_taken: {
    title: 'This identity belongs to another account',
    text: 'You are signed in at your identity provider as somebody whose identity is connected to another account here.',
  },
  domain_refused: {
    title: 'Not for this email address',
    text: 'This provider may not sign in people with your email address.',
  },
  provisioning_disabled: {
    title: 'You have no account here yet',
    text: 'You signed in at your company, but you have no account here. New accounts aren’t created automatically.',
  },
  required_field_missing: {
    title: 'Your profile is incomplete',
    text: 'We can’t create your account: your identity provider did not send some details, or sent them in a form we can’t use.',
  },
  user_inactive: { title: 'This account is not active', text: 'Your account here has been switched off.' },
  organization_mismatch: {
    title: 'This account belongs to another organization',
    text: 'The account that you use with this sign-in belongs to another organization here.',
  },
  app_refused: {
    title: 'You don’t have access',
    text: 'This app did not let you in.',
  },
  replayed: {
    title: 'This sign-in was used before',
    text: 'Each sign-in works once. Please start again.',
  },
  provider_refused: {
    title: 'Your identity provider refused this sign-in',
    text: 'Your company’s identity provider didn’t let you sign in.',
  },
  invalid_configuration: {
    title: 'Sign-in is not set up correctly',
    text: 'The settings of this sign-in have a problem.',
  },
  provider_unavailable: {
    title: 'Your identity provider cannot be reached',
    text: 'We couldn’t reach your company’s identity provider. Try again in a moment.',
  },
  database_unavailable: {
    title: 'We cannot sign you in right now',
    text: 'A service on our side isn’t available. Wait a moment and sign in again.',
  },
}

export function errorTitle(error: Pick<JitError, 'code' | 'details'>): string {
  return wordsFor(error).title
}

/** Errors of the provider that the next attempt may not have. */
const passing = ['authentication_expired', 'temporarily_unavailable']

const tryAgain: Words = {
  title: 'Please try again',
  text: 'Your company’s identity provider couldn’t finish this sign-in. It may be busy, or its page was open for too long.',
}

function wordsFor({ code, details: { provider = '' } }: Pick<JitError, 'code' | 'details'>): Words {
  return passing.includes(provider) && code !== 'invalid_assertion' ? tryAgain : words[code]
}

/** What the provider's own error is, unless anybody could have put it into the address. */
function providerOf({ code, details }: JitError): string | undefined {
  return code === 'invalid_assertion' ? undefined : details.provider
}

/** The app's own refusal speaks for itself. */
function textOf(error: JitError): string {
  return error.code === 'app_refused' ? error.message : wordsFor(error).text
}

/**
 * An error for the person, who can pass it on to their admin: attribute names, never values. Only the log says which
 * check failed, and how the provider describes its error.
 */
function errorPage(error: JitError, baseUrl: string): Html {
  const { expected, received, reason } = error.details
  const provider = providerOf(error)
  return html`<h1>${wordsFor(error).title}</h1>
    <p>${textOf(error)}</p>
    ${expected && nameList('Expected attributes', expected, 'none')}
    ${received && nameList('Received attributes', received, 'none')}
    ${provider && html`<p class="quiet">The provider’s answer: <code>${provider}</code></p>`}
    ${reason && html`<p class="quiet">The cause: ${reason}.</p>`}
    <p class="quiet reference">
      If this happens again, give your administrator this reference:
      <code>${error.code}</code> <code>${error.reference}</code>
    </p>
    <p>${nextStep(error, baseUrl)}</p>`
}

function nextStep(error: JitError, baseUrl: string): Html {
  const { source, returnTo } = error
  return source !== undefined && wordsFor(error) === tryAgain
    ? html`<a class="button" href="${loginAddress(baseUrl, source, returnTo)}">Try again</a>`
    : html`<a class="button" href="${baseUrl}/">Back to sign-in</a>`
}

function nameList(title: string, names: readonly string[], none: string): Html {
  return html`<section>
    <h2>${title}</h2>
    ${
      names.length === 0
        ? html`<p class="quiet">${none}</p>`
        : html`<ul class="names">
            ${names.map((name) => html`<li>${nameHtml(name)}</li>`)}
          </ul>`
    }
  </section>`
}

export function wantsJson(req: Request): boolean {
  const json = ['application/problem+json', 'application/json']
  return json.includes(req.accepts(['html', ...json]) || 'html')
}

/** Sends an error to the person, or to a client that prefers JSON. */
export function sendError(res: Response, error: JitError, baseUrl: string): void {
  const { status } = error
  if (wantsJson(res.req)) sendProblem(res, error)
  else sendPage(res, { status, baseUrl, title: errorTitle(error), body: errorPage(error, baseUrl) })
}

/** The same as JSON (RFC 9457). The last parameter replaces the title and the detail. */
export function sendProblem(
  res: Response,
  error: JitError,
  { title, text }: Words = { title: errorTitle(error), text: textOf(error) },
): void {
  const { status, code, source, reference, details } = error
  const { expected, received, reason } = details
  const provider = providerOf(error)
  const names = { code, source, reference, expected, received, provider, reason }
  res.status(status).set('Cache-Control', 'no-store').type('application/problem+json')
  res.send(JSON.stringify({ type: 'about:blank', title, status, detail: text, ...names }))
}
