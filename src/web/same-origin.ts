import type { Request } from 'express'

/**
 * Whether a state-changing request comes from a page of this origin: by Sec-Fetch-Site where the browser
 * sends it, else by Origin. A request with neither is not from a browser's page, and is refused too.
 */
export function isSameOrigin(req: Request, baseUrl: string): boolean {
  const site = req.get('Sec-Fetch-Site')
  if (site !== undefined) return site === 'same-origin'
  return req.get('Origin') === new URL(baseUrl).origin
}
