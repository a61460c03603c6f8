import type { RequestHandler } from 'express'

/**
 * A strict Content-Security-Policy: nothing inline, nothing from other origins. `form-action` is left open, because
 * browsers also apply it to redirects, and a form that signs a person in or out ends at another origin.
 */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'"

/** Security headers for every page of the example. */
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
 * Refuses every request that changes data, unless it comes from a page of this origin. Browsers send Sec-Fetch-Site, and
 * older browsers only Origin. A request with neither header is refused.
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
 * Redirects requests for another name of this machine (`localhost`) to the address that cookies and identity providers
 * use. This also stops DNS rebinding, where a foreign name points to loopback.
 */
export function oneAddress(origin: string): RequestHandler {
  const { host } = new URL(origin)
  return (req, res, next) => {
    if (req.host === host) return next()
    res.redirect(307, origin + req.originalUrl)
  }
}
