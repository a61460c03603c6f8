import type { Response } from 'express'
import type { JitError } from '../errors'
import { html } from './html'
import { sendPage } from './layout'

interface Words {
  title: string
  text: string
}

/** The session here has ended at the provider's wish, and nobody knows where to tell it so. */
export const signedOut: Words = {
  title: 'You are signed out',
  text: 'Your identity provider has ended your session here.',
}

/** The session here has ended; of the one at the provider nothing is known. */
export const providerMayRemain: Words = {
  title: 'You are signed out here',
  text: 'Your identity provider has not confirmed that it has signed you out too, and may still hold a session. On a shared computer, sign out there as well, or close the browser.',
}

/** The session store or the database is down. */
export const notSignedOut: Words = {
  title: 'We could not sign you out',
  text: 'Something cannot be reached at the moment, and you may still be signed in. Please try again in a moment.',
}

const notAccepted: Words = {
  title: 'This sign-out cannot be used',
  text: 'What came from the identity provider was not accepted: it may be old, already used, or for somewhere else. You may still be signed in, here or there.',
}

/** Why a logout message came to nothing. Which check has failed is for the log alone. */
export function logoutErrorWords({ refused }: JitError): Words {
  return refused ? notAccepted : notSignedOut
}

/** A calm page about a sign-out, which leads back to the app at `next`. */
export function sendLogoutPage(
  res: Response,
  page: { baseUrl: string; status?: number; next: string; error?: JitError },
  { title, text }: Words,
): void {
  const { baseUrl, status = 200, next, error } = page
  const body = html`<h1>${title}</h1>
    <p>${text}</p>
    ${
      error &&
      html`<p class="quiet reference">
        If this goes on, give your administrator this reference:
        <code>${error.code}</code> <code>${error.reference}</code>
      </p>`
    }
    <p><a class="button" href="${next}">Continue</a></p>`
  sendPage(res, status, baseUrl, title, body)
}
