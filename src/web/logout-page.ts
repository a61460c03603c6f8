import type { Response } from 'express'
import type { JitError } from '../errors'
import { html } from './html'
import { sendPage } from './layout'

interface PageText {
  title: string
  text: string
}

/** The provider ended the session here, and the source has no address for the answer. */
export const signedOut: PageText = {
  title: 'You are signed out',
  text: 'Your identity provider has ended your session here.',
}

/** The session here has ended; the provider's may not have. */
export const providerMayRemain: PageText = {
  title: 'You are signed out here',
  text: 'Your identity provider has not confirmed that it has signed you out too, and may still hold a session. On a shared computer, sign out there as well, or close the browser.',
}

/** The session store or the database is down. */
export const notSignedOut: PageText = {
  title: 'We could not sign you out',
  text: 'A service on our side isn’t available, and you may still be signed in. Try again in a moment.',
}

/** A logout message was refused. Only the log says which check failed. */
export const notAccepted: PageText = {
  title: 'We can’t use this sign-out request',
  text: 'We did not accept the identity provider’s message. It may be old, already used, or meant for another app. You may still be signed in, here or there.',
}

/** Sends a page about a sign-out, which leads back to the app at `next`. */
export function sendLogoutPage(
  res: Response,
  page: { baseUrl: string; status?: number; next: string; error?: JitError },
  { title, text }: PageText,
): void {
  const { baseUrl, status = 200, next, error } = page
  const body = html`<h1>${title}</h1>
    <p>${text}</p>
    ${
      error &&
      html`<p class="quiet reference">
        If this happens again, give your administrator this reference:
        <code>${error.code}</code> <code>${error.reference}</code>
      </p>`
    }
    <p><a class="button" href="${next}">Continue</a></p>`
  sendPage(res, { status, baseUrl, title, body })
}
