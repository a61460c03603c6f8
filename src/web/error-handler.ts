import type { ErrorRequestHandler, NextFunction, Request, Response } from 'express'

interface Failure {
  error: unknown
  req: Request
  res: Response
  next: NextFunction
}

/** An Express error handler whose own rejection reaches the next one, under Express 4 too. */
export function errorHandler(handle: (failure: Failure) => void | Promise<void>): ErrorRequestHandler {
  // eslint-disable-next-line max-params -- Express recognizes error handlers by their four parameters
  return (error: unknown, req, res, next) => {
    Promise.resolve()
      .then(() => handle({ error, req, res, next }))
      .catch(next)
  }
}
