import type { RequestHandler } from 'express'
import { JitError } from '../errors'
import type { Protocol, Source } from '../sources/config'

/** Every answer has at least one of these. */
const parameters: Record<Protocol, readonly string[]> = {
  oidc: ['code', 'error', 'state'],
  saml: ['SAMLResponse', 'SAMLRequest'],
}

/**
 * Refuses a callback without an answer of the source's protocol. Without this check, opening or reloading the callback's
 * address would start a sign-in.
 */
export function demandAnswer(source: (id: string) => Source): RequestHandler<{ source: string }> {
  return (req, _res, next) => {
    const { id, protocol } = source(req.params.source)
    const answer = (req.method === 'POST' ? req.body : req.query) as Record<string, unknown> | undefined
    if (parameters[protocol].some((name) => answer?.[name] !== undefined)) return next()
    const message = 'The callback was called without an answer from the provider.'
    throw new JitError('invalid_assertion', message, {
      source: id,
      status: 400,
      details: { check: 'response' },
    })
  }
}
