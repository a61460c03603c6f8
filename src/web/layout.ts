import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RequestHandler, Response } from 'express'
import { html, type Html } from './html'

const stylesheet = readFileSync(join(__dirname, 'assets', 'style.css'), 'utf8')

export const serveStylesheet: RequestHandler = (_req, res) => {
  res.set('Cache-Control', 'public, max-age=3600').type('css').send(stylesheet)
}

interface Page {
  baseUrl: string
  title: string
  body: Html
  status?: number
  /** The SHA-256 of the one script in the body that may run, in base64. */
  scriptHash?: string
}

/** Sends a page under a Content-Security-Policy that allows no frames, and no script but the one named. */
export function sendPage(res: Response, { baseUrl, title, body, status = 200, scriptHash }: Page): void {
  const scripts = scriptHash === undefined ? '' : ` script-src 'sha256-${scriptHash}';`
  res
    .status(status)
    .set({
      'Content-Security-Policy': `default-src 'none';${scripts} style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'`,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'X-Content-Type-Options': 'nosniff',
    })
    .type('html')
    .send(document(new URL(baseUrl).pathname, title, body).markup)
}

/**
 * Answers a form with a page that leads on to `url` by itself. A redirect would fail: browsers apply the page's
 * Content-Security-Policy to it, which lets forms go to this origin only.
 */
export function sendContinuePage(
  res: Response,
  { url, ...page }: Omit<Page, 'body'> & { url: string },
): void {
  res.set('Refresh', `0; url=${url}`)
  const body = html`<h1>${page.title}</h1>
    <p>You are on your way to the identity provider.</p>
    <p><a class="button" href="${url}">Continue</a></p>`
  sendPage(res, { ...page, body })
}

/** Answers with a redirect, or a page of a browser that goes on, since browsers apply form-action to a form's redirects. */
export function leaveFor(res: Response, page: { baseUrl: string; title: string; url: string }): void {
  res.set('Cache-Control', 'no-store')
  if (res.req.get('Sec-Fetch-Mode') === 'navigate') sendContinuePage(res, page)
  else res.redirect(page.url)
}

function document(mountPath: string, title: string, body: Html): Html {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="stylesheet" href="${mountPath.replace(/\/$/, '')}/style.css" />
      </head>
      <body>
        <main class="card">${body}</main>
      </body>
    </html>`
}
