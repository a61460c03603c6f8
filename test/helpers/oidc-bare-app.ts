/**
 * An app with the bare passport-openidconnect, set up as in its README, in its own process. It has the paths of this
 * library's router, so the same requests drive both. Takes its settings as JSON and prints its origin.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import { Passport, type Strategy as PassportStrategy } from 'passport'
import { Strategy } from 'passport-openidconnect'
import { clientSecret } from './oidc-attack'

interface Settings {
  issuer: string
  /** Whether the app's database is down. */
  failing?: boolean
}

const { issuer, failing } = JSON.parse(process.argv[2]!) as Settings

type Done = (error: null, user: object) => void
function verify(_issuer: string, profile: object, done: Done): void {
  done(null, profile)
}
const verifyAsync = async (_issuer: string, profile: object, done: Done): Promise<void> => {
  if (failing) await Promise.reject(new Error('the database is away'))
  done(null, profile)
}

const app = express()
const server = createServer(app).listen(0, '127.0.0.1', () => {
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const passport = new Passport()
  passport.serializeUser((user, done) => done(null, user))
  passport.deserializeUser((user, done) => done(null, user as Express.User))
  const options = {
    issuer,
    authorizationURL: `${issuer}/authorize`,
    tokenURL: `${issuer}/token`,
    userInfoURL: `${issuer}/userinfo`,
    clientID: 'app',
    clientSecret,
    callbackURL: `${origin}/sso/idp/callback`,
    scope: 'profile email',
    skipUserProfile: false,
  }
  const strategy = new Strategy(options, (failing ? verifyAsync : verify) as () => void)
  passport.use('idp', strategy as unknown as PassportStrategy)
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.use(express.urlencoded({ extended: false }))
  app.get('/sso/idp/login', passport.authenticate('idp') as express.Handler)
  app.all('/sso/idp/callback', passport.authenticate('idp', { successRedirect: '/' }) as express.Handler)
  app.use((req, res) => void res.json({ user: req.user ?? null }))
  console.log(`ORIGIN=${origin}`)
})
// The test that started this process has ended.
process.stdin.resume().on('end', () => process.exit())
