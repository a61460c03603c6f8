import express, { type Express, type RequestHandler } from 'express'
import session, { type Store } from 'express-session'
import passport from 'passport'
import type { Jit, SourceDetails } from '../src/index'
import { LastSignIn } from './last-sign-in'
import { homePage } from './pages/home'
import { profilePage } from './pages/profile'
import { sourcesPage } from './pages/sources'
import { User, type UserDocument } from './user'
import { oneAddress, securityHeaders } from './web/security'
import { staticFiles } from './web/static-files'

export interface AppOptions {
  jit: Jit<UserDocument>
  /** The app's public address: `http://127.0.0.1:3000`. */
  baseUrl: string
  sessionStore: Store
  sessionSecret: string
  /** Emails of the people who may edit SSO sources. */
  admins: readonly string[]
  /** The address of the demo's directory, if the demo runs. */
  directory?: string
}

/** The app has its own sessions and pages. The library provides SSO. */
export function createApp(options: AppOptions): Express {
  const { jit, baseUrl, directory } = options
  passport.serializeUser((user, done) => done(null, (user as UserDocument).id))
  passport.deserializeUser((id: string, done) => {
    User.findById(id).then((user) => done(null, user ?? false), done)
  })

  const app = express()
  app.disable('x-powered-by')
  app.set('trust proxy', 'loopback')
  app.use(securityHeaders, oneAddress(baseUrl))
  app.use('/assets', staticFiles)
  app.use(sessions(options))
  app.use(passport.session())

  app.use('/sso', jit.router())
  app.use('/admin/sso', jit.adminRouter({ authorize: (req) => isAdmin(options, req.user) }))

  app.get('/', (req, res) => void (req.user ? res.redirect('/profile') : res.send(homePage({ directory }))))
  app.get('/profile', signedInOnly, jit.exposeSources(), showProfile(jit))
  app.get('/sources', jit.exposeSources(), (req, res) => {
    res.send(sourcesPage(exposed(res), { signedIn: Boolean(req.user), admin: isAdmin(options, req.user) }))
  })
  return app
}

function sessions({ baseUrl, sessionStore, sessionSecret }: AppOptions): RequestHandler {
  return session({
    name: 'example.session',
    store: sessionStore,
    secret: sessionSecret,
    resave: false,
    saveUninitialized: false,
    cookie: { httpOnly: true, sameSite: 'lax', secure: baseUrl.startsWith('https:') },
  })
}

const signedInOnly: RequestHandler = (req, res, next) => {
  if (req.user) return next()
  res.status(401).send(homePage({ signInFor: req.originalUrl }))
}

function isAdmin({ admins }: AppOptions, user: Express.User | undefined): boolean {
  return admins.includes((user as UserDocument | undefined)?.email ?? '')
}

function showProfile(jit: Jit<UserDocument>): RequestHandler {
  return async (req, res) => {
    const user = req.user as UserDocument
    const [managed, lastSignIn] = await Promise.all([
      jit.managedFields(user),
      LastSignIn.findById(user.id).lean(),
    ])
    res.send(profilePage({ user, managed, lastSignIn, sources: exposed(res) }))
  }
}

/** The sources that `jit.exposeSources()` stored in `res.locals`. */
function exposed({ locals }: { locals: Record<string, unknown> }): SourceDetails[] {
  return locals.ssoSources as SourceDetails[]
}
