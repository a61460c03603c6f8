import express, { type RequestHandler } from 'express'
import { JitError } from '../errors'
import type { Source } from '../sources/config'

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
