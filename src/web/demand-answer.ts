import type { RequestHandler } from 'express'
import type { JitContext } from '../passport/context'
import { JitError } from '../errors'
import type { Protocol } from '../sources/config'

/** The parameters of which an answer of the provider has one at least. */
const parameters: Record<Protocol, readonly string[]> = {
  oidc: ['code', 'error', 'state'],
  saml: ['SAMLResponse', 'SAMLRequest'],
}

/**
 * Refuses a callback without an answer of the source's protocol. Without this, opening the callback's address would
 * start a sign-in, and a reload would do so again.
 */
export function demandAnswer(context: JitContext): RequestHandler<{ source: string }> {
  return (req, _res, next) => {
    const { id, protocol } = context.anySource(req.params.source)
    const answer = (req.method === 'POST' ? req.body : req.query) as Record<string, unknown> | undefined
    if (parameters[protocol].some((name) => answer?.[name] !== undefined)) return next()
    throw new JitError('invalid_assertion', 'The callback was called without an answer from the provider.', {
      source: id,
      status: 400,
      details: { check: 'response' },
    })
  }
}
