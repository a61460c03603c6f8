import { createHash, randomBytes } from 'node:crypto'
import { parseCookie } from 'cookie'
import type { Request } from 'express'

/** How long the cookie lasts: the time a person may take at the provider, in milliseconds. */
export const COOKIE_LIFETIME_MS = 60 * 60 * 1000

/** The most ids read from one browser. Two tabs opened at once leave fewer; the rest are forged. */
const MAX_BROWSERS = 20

const COOKIE = 'jit_browser_'
const CROSS_SITE_COOKIE = 'jit_browser_cross_'
const HOST_COOKIE = '__Host-jit_browser_'

/**
 * The cookie that tells which browser started a sign-in.
 *
 * Each browser gets its own id, in a cookie whose name depends on the id: two tabs opened at once don't overwrite each
 * other's cookie. Over https the name has the `__Host-` prefix (RFC 6265bis 4.1.3.2). Without it, another host of the
 * same domain could set the cookie and make a person finish a sign-in that an attacker started.
 */
export class BrowserCookie {
  readonly #secure: boolean

  constructor(baseUrl: string) {
    this.#secure = new URL(baseUrl).protocol === 'https:'
  }

  /**
   * A SAML answer is a cross-site POST, which carries no SameSite=Lax cookie, so over https the cookie is SameSite=None.
   * Over http (development) browsers accept such a cookie from loopback addresses only, and other clients never, so
   * the same value is set as a Lax cookie too.
   */
  bind(req: Request): string {
    const id = this.idsIn(req)[0] ?? randomBytes(32).toString('base64url')
    const name = createHash('sha256').update(id).digest('base64url').slice(0, 8)
    const shared = { httpOnly: true, maxAge: COOKIE_LIFETIME_MS } as const
    const crossSite = this.#secure ? HOST_COOKIE : CROSS_SITE_COOKIE
    req.res?.cookie(crossSite + name, id, { ...shared, sameSite: 'none', secure: true })
    if (!this.#secure) req.res?.cookie(COOKIE + name, id, { ...shared, sameSite: 'lax' })
    return id
  }

  /** The ids that a request's cookies give: one, or a few where tabs began at once. */
  idsIn(req: Request): string[] {
    const prefix = this.#secure ? HOST_COOKIE : COOKIE
    const cookies = Object.entries(parseCookie(req.headers.cookie ?? ''))
    return cookies.flatMap(([name, id]) => (name.startsWith(prefix) && id ? id : [])).slice(0, MAX_BROWSERS)
  }
}
