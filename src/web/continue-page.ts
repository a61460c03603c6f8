import type { Response } from 'express'
import { html } from './html'
import { sendPage } from './layout'

/**
 * Answers a form with a page that leads on to `url` by itself. A redirect would fail: browsers apply the page's
 * Content-Security-Policy to it, which lets forms go to this origin only.
 */
export function sendContinuePage(
  res: Response,
  { baseUrl, title, url }: { baseUrl: string; title: string; url: string },
): void {
  res.set('Refresh', `0; url=${url}`)
  const body = html`<h1>${title}</h1>
    <p>You are on your way to the identity provider.</p>
    <p><a class="button" href="${url}">Continue</a></p>`
  sendPage(res, { baseUrl, title, body })
}
