import type { Request, Response } from 'express'
import type { FaultCode, JitError, RefusalCode } from '../errors'
import { html, type Html } from './html'
import { nameHtml } from './values'

interface Words {
  title: string
  /** What happened, for the person who wanted to sign in. */
  text: string
}

const words: Record<RefusalCode | FaultCode, Words> = {
  unknown_source: {
    title: 'No such sign-in',
    text: 'This address belongs to no company sign-in. Please check the link you followed.',
  },
  source_disabled: {
    title: 'Sign-in is switched off',
    text: 'Company sign-in through this provider is switched off at the moment.',
  },
  invalid_assertion: {
    title: 'That answer cannot be used',
    text: 'What came back from the identity provider was not accepted: it may be old, already used, or for somebody else’s sign-in. Please start again.',
  },
  identifier_missing: {
    title: 'We could not tell who you are',
    text: 'Your identity provider let you in but did not send us the attribute by which we would recognise you.',
  },
  ambiguous_user: {
    title: 'More than one account fits',
    text: 'What your identity provider sent belongs to more than one account here, so none of them was opened.',
  },
  linking_refused: {
    title: 'This account cannot be connected',
    text: 'There is an account here with the same details, and this sign-in may not be connected to it.',
  },
  domain_refused: {
    title: 'Not for this e-mail address',
    text: 'This provider may not sign in people with your e-mail address.',
  },
  provisioning_disabled: {
    title: 'You have no account here yet',
    text: 'You are signed in at your company, but there is no account for you here, and new ones are not made automatically.',
  },
  required_field_missing: {
    title: 'Something about you is missing',
    text: 'To make your account we need details that your identity provider did not send, or sent in a form we cannot use.',
  },
  user_inactive: { title: 'This account is not active', text: 'Your account here has been switched off.' },
  replayed: {
    title: 'This sign-in has been used already',
    text: 'Each sign-in works once. Please start again.',
  },
  provider_refused: {
    title: 'Your identity provider said no',
    text: 'Your company’s identity provider did not let this sign-in through.',
  },
  invalid_configuration: {
    title: 'Sign-in is not set up right',
    text: 'Something is wrong in the settings of this sign-in.',
  },
  provider_unavailable: {
    title: 'Your identity provider cannot be reached',
    text: 'We could not reach your company’s identity provider. Please try again in a moment.',
  },
  database_unavailable: {
    title: 'We cannot sign you in right now',
    text: 'Something on our side cannot be reached. Please wait a moment, and then start to sign in again: the answer of your identity provider works only once.',
  },
}

/** The title of an error's page. */
export function errorTitle({ code }: Pick<JitError, 'code'>): string {
  return words[code].title
}

/**
 * What a person sees of an error, and can pass on to their admin: attribute names, never values. Which check
 * of a protocol has failed is for the log alone.
 */
export function errorPage(error: JitError, baseUrl: string): Html {
  const { expected, received, provider } = error.details
  return html`<h1>${words[error.code].title}</h1>
    <p>${words[error.code].text}</p>
    ${expected && nameList('Expected attributes', expected, 'nothing')}
    ${received && nameList('Received attributes', received, 'no attributes at all')}
    ${provider && html`<p class="quiet">The provider’s answer: <code>${provider}</code></p>`}
    <p class="quiet reference">
      If this goes on, give your administrator this reference:
      <code>${error.code}</code> <code>${error.reference}</code>
    </p>
    <p><a class="button" href="${baseUrl}/">Back to sign-in</a></p>`
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

/** Whether whoever asks wants an error as JSON. */
export function wantsJson(req: Request): boolean {
  const json = ['application/problem+json', 'application/json']
  return json.includes(req.accepts(['html', ...json]) || 'html')
}

/** The same as JSON (RFC 9457), under these words where others are wanted. */
export function sendProblem(
  res: Response,
  error: JitError,
  said: { title?: string; detail?: string } = {},
): void {
  res.status(error.status).set('Cache-Control', 'no-store').type('application/problem+json')
  res.send(JSON.stringify({ ...problemOf(error), ...said }))
}

function problemOf(error: JitError): Record<string, unknown> {
  const { expected, received, provider } = error.details
  return {
    type: 'about:blank',
    title: words[error.code].title,
    status: error.status,
    detail: words[error.code].text,
    code: error.code,
    source: error.source,
    reference: error.reference,
    expected,
    received,
    provider,
  }
}
