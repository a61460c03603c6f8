import type { Request, RequestHandler, Response } from 'express'
import { JitError } from '../errors'
import { safeReturnTo } from '../sessions/return-to'
import type { Source } from '../sources/config'
import { enforcedSource } from '../sources/enforced-source'
import { sendProblem, wantsJson } from './error-page'
import { leaveFor } from './layout'
import { loginAddress } from './sign-in-page'

/** Options of `jit.requireSso()`. */
export interface RequireSsoOptions {
  /** The email that the person gave, such as that of the form. */
  email: (req: Request) => unknown
  /** Whether this person may use a password nevertheless, such as an emergency account. Default: nobody. */
  except?: (req: Request) => boolean | Promise<boolean>
}

interface Setup extends RequireSsoOptions {
  baseUrl: string
  enabledSources: () => Source[]
}

/** Throws JitError `invalid_configuration` without `email`. */
export function requireSso(setup: Setup): RequestHandler {
  const { email, except } = setup
  if (typeof email !== 'function' || (except !== undefined && typeof except !== 'function')) {
    const message = 'requireSso: give email, a function of the request; except is a function too'
    throw new JitError('invalid_configuration', message)
  }
  return (req, res, next) => {
    run(setup, req, res)
      .then((passes) => (passes ? next() : undefined))
      .catch(next)
  }
}

/** Resolves to whether the request may go on. */
async function run({ baseUrl, enabledSources, email, except }: Setup, req: Request, res: Response) {
  const given = await email(req)
  if (typeof given !== 'string') return refuse(req, res)
  const source = enforcedSource(enabledSources(), given)
  if (!source || (await except?.(req)) === true) return true
  const body = (req.body ?? {}) as Record<string, unknown>
  const returnTo = safeReturnTo(req.query['returnTo'] ?? body['returnTo'])
  const loginUrl = loginAddress(baseUrl, source.id, returnTo)
  res.set('Cache-Control', 'no-store')
  if (asksForJson(req)) {
    const [title, detail] = ['Sign in at your company', 'This email address signs in at its company only.']
    const problem = { type: 'about:blank', title, status: 403, detail, code: 'sso_required', loginUrl }
    res.status(403).type('application/problem+json').send(JSON.stringify(problem))
  } else leaveFor(res, { baseUrl, title: 'Sign in', url: loginUrl })
  return false
}

function refuse(req: Request, res: Response): false {
  const text = 'The email address must be text.'
  if (asksForJson(req)) {
    const error = new JitError('invalid_assertion', text, { status: 400 })
    sendProblem(res, error, { title: 'No email address', text })
  } else res.status(400).type('text').send(text)
  return false
}

function asksForJson(req: Request): boolean {
  return wantsJson(req) || Boolean(req.is('application/json'))
}
