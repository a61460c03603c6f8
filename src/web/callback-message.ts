import express, { type RequestHandler } from 'express'
import { JitError } from '../errors'
import type { Protocol, Source } from '../sources/config'

/**
 * Parses the form of a provider's message, unless the app has parsed it. A form that the parser refuses, such as a
 * compressed one, which no browser sends, is a malformed message. `limit` bounds the body.
 */
export function readForm(
  source: (id: string) => Source,
  limit: number | string,
): RequestHandler<{ source: string }> {
  const parse = express.urlencoded({ extended: false, inflate: false, limit, parameterLimit: 50 })
  return (req, res, next) => {
    const { id } = source(req.params.source)
    parse(req, res, (fault?: unknown) => {
      if (fault === undefined) return next()
      const check = (fault as { type?: unknown }).type === 'entity.too.large' ? 'size' : 'body'
      const message = 'The form that was posted cannot be read.'
      // Without a cause: the parser's error holds the form.
      next(new JitError('invalid_assertion', message, { source: id, status: 400, details: { check } }))
    })
  }
}

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
