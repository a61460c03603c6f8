import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Request, RequestHandler, Response } from 'express'
import { html, type Html } from '../html'
import type { AdminLayout, AdminPage } from './admin-options'

const read = (name: string): string => readFileSync(join(__dirname, '..', 'assets', name), 'utf8')
const stylesheet = read('admin.css') + read('activity.css')
const script = read('admin.js')

export const serveAdminStylesheet: RequestHandler = (_req, res) => {
  res.set(assetHeaders).type('css').send(stylesheet)
}

/** Serves its script: copy buttons, filters, and files read into the form. */
export const serveAdminScript: RequestHandler = (_req, res) => {
  res.set(assetHeaders).type('text/javascript').send(script)
}

const assetHeaders = { 'Cache-Control': 'public, max-age=300', 'X-Content-Type-Options': 'nosniff' }

const pageHeaders = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'same-origin',
  'X-Content-Type-Options': 'nosniff',
}

type Page = { title: string; body: Html; status?: number }
type Visit = { setup: { layout?: AdminLayout }; req: Request; res: Response }

/** Sends a page under a strict Content-Security-Policy, in the app's own layout if it has one. */
export function sendAdminPage(visit: Visit, { title, body, status = 200 }: Page): void {
  const { setup, req, res } = visit
  const { layout = document } = setup
  const assets = `${req.baseUrl}/assets`
  const addresses = { stylesheet: `${assets}/admin.css`, script: `${assets}/admin.js` }
  const markup = layout({ title, body: body.markup, ...addresses, req })
  res.status(status).set(pageHeaders).type('html').send(markup)
}

function document({ title, body, stylesheet, script }: AdminPage): string {
  const head = html`<meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${title}</title>
    <link rel="stylesheet" href="${stylesheet}" />
    <script src="${script}" defer></script>`
  return `<!doctype html><html lang="en"><head>${head.markup}</head><body>${body}</body></html>`
}
