import type { RequestHandler } from 'express'

/**
 * A strict Content-Security-Policy: nothing inline, nothing from elsewhere. `form-action` is left open,
 * since browsers apply it to redirects too: a form that signs somebody in or out ends at another origin.
 */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

/** Headers that every page of the example carries. */
export const securityHeaders: RequestHandler = (_req, res, next) => {
  res.set({
    'Content-Security-Policy': POLICY,
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  })
  next()
}

/**
 * Refuses every request that changes something and does not come from a page of this origin. Browsers say
 * where a request comes from in Sec-Fetch-Site, older ones in Origin alone; silence is no permission.
 */
export function sameOriginOnly(origin: string): RequestHandler {
  return (req, res, next) => {
    if (req.method === 'GET' || req.method === 'HEAD') return next()
    const site = req.get('Sec-Fetch-Site')
    if (site === undefined ? req.get('Origin') === origin : site === 'same-origin') return next()
    res.status(403).type('text').send('This form was not sent from a page of this site.')
  }
}

/**
 * Sends a reader who came by another name of this machine (`localhost`) to the address that the cookies
 * and the identity providers know. It also keeps a foreign name that points to loopback out (DNS rebinding).
 */
export function oneAddress(origin: string): RequestHandler {
  const { host } = new URL(origin)
  return (req, res, next) => {
    if (req.host === host) return next()
    res.redirect(307, origin + req.originalUrl)
  }
}
