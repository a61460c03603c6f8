import { createHash } from 'node:crypto'
import type { Request } from 'express'
import { dropSession } from '../sessions/app-session'
import { POSTED_AGAIN } from '../sessions/request-id'
import { Html, html } from './html'
import { sendPage } from './layout'

const script = 'document.forms[0].submit()'
const scriptHash = createHash('sha256').update(script).digest('base64')

/**
 * Sends a page that posts the request's form to the same address again. The provider's own POST came from another site, so
 * it carried no Lax cookie; this one carries the person's session.
 */
export function sendPostAgainPage(req: Request, baseUrl: string): void {
  const res = req.res!
  // A new session would replace the person's own.
  dropSession(req)
  const fields = Object.entries((req.body ?? {}) as Record<string, unknown>)
  const body = html`<h1>Connect an account</h1>
    <form method="post" action="${req.originalUrl}">
      ${[...fields, [POSTED_AGAIN, '1'] as const].map(
        ([name, value]) =>
          typeof value === 'string' && html`<input type="hidden" name="${name}" value="${value}" />`,
      )}
      <p>Your identity provider has answered.</p>
      <p><button class="button" type="submit">Continue</button></p>
    </form>
    ${new Html(`<script>${script}</script>`)}`
  sendPage(res, { baseUrl, title: 'Connect an account', body, scriptHash })
}
