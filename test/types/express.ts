// Routers, middleware and strategies fit the types of Express 4 and 5, and of Passport.
import express, { type Request, type RequestHandler, type Router } from 'express'
import { model, Schema } from 'mongoose'
import passport from 'passport'
import {
  createJit,
  type Jit,
  type JitError,
  OidcJitStrategy,
  SamlJitStrategy,
  type SourceDetails,
} from 'passport-jit'
import { exactly } from './exactly.js'

declare global {
  namespace Express {
    interface User {
      isAdmin?: boolean
    }
  }
}

export function mount(jit: Jit): void {
  const app = express()
  app.use('/sso', jit.router())
  app.use('/admin/sso', jit.adminRouter({ authorize: (req) => req.user?.isAdmin }))
  app.get('/tenants/:tenant', jit.exposeSources(), (req, res) => {
    const sources = res.locals['ssoSources'] as SourceDetails[]
    res.json([sources, req.params.tenant])
  })
  app.use(jit.exposeSources(), jit.router({ successRedirect: '/home', failureRedirect: '/denied' }))
  express.Router().use(jit.exposeSources()).use('/sso', jit.router())
}

export function asTheirOwn(jit: Jit): [Router, Router, RequestHandler] {
  return [jit.router(), jit.adminRouter({ authorize: () => true }), jit.exposeSources()]
}

export function options(jit: Jit): void {
  jit.router({
    failureRedirect: (error, req) => {
      exactly<JitError>()(error, true)
      exactly<Request>()(req, true)
      return `/denied?code=${error.code}&at=${req.originalUrl}`
    },
  })
  jit.adminRouter({
    authorize: async (req) => {
      exactly<Request>()(req, true)
      return Promise.resolve(req.get('x-admin') === 'yes')
    },
    layout: ({ title, body, req }) => `<title>${title}</title>${body}${req.baseUrl}`,
  })
  // @ts-expect-error -- who may use the admin area has to be said
  jit.adminRouter({})
  // @ts-expect-error -- an address, not an answer
  jit.router({ failureRedirect: () => 403 })
}

export function strategies(jit: Jit): void {
  passport.use(jit.strategy('okta'))
  passport.use(new SamlJitStrategy(jit, 'okta'))
  passport.use('another name', new OidcJitStrategy(jit, 'entra'))
  // @ts-expect-error -- a strategy belongs to one source
  void new SamlJitStrategy(jit)
}

/** The app's own Passport instance instead of the shared one. */
export const own = createJit({
  userModel: model('User', new Schema({ email: String })),
  baseUrl: 'https://app.example/sso',
  sources: [],
  passport: new passport.Passport(),
})
