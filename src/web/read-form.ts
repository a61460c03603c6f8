import express, { type RequestHandler } from 'express'
import type { JitContext } from '../passport/context'
import { JitError } from '../errors'

/**
 * The form of a provider's message, unless the app has read it already. What the parser refuses is no message at all;
 * that includes compressed forms, which no browser sends. `limit` is the largest body.
 */
export function readForm(
  context: Pick<JitContext, 'anySource'>,
  limit: number | string,
): RequestHandler<{ source: string }> {
  const parse = express.urlencoded({ extended: false, inflate: false, limit, parameterLimit: 50 })
  return (req, res, next) => {
    const source = context.anySource(req.params.source).id
    parse(req, res, (fault?: unknown) => {
      if (fault === undefined) return next()
      const check = (fault as { type?: unknown }).type === 'entity.too.large' ? 'size' : 'body'
      const message = 'The form that was posted cannot be read.'
      // Without the parser's error as its cause, which holds the form.
      next(new JitError('invalid_assertion', message, { source, status: 400, details: { check } }))
    })
  }
}
