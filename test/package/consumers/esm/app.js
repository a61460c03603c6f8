import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import express from 'express'
import session from 'express-session'
import mongoose from 'mongoose'
import passport from 'passport'
import { createJit, jitUser, mongoSources } from 'passport-jit'

const userSchema = new mongoose.Schema({
  email: { type: String, required: true },
  firstName: String,
  lastName: String,
  title: String,
  custom: { skills: [String] },
})
userSchema.plugin(jitUser, {
  fields: {
    email: true,
    firstName: true,
    lastName: true,
    title: true,
    'custom.skills': { label: 'Skills' },
  },
})
export const User = mongoose.model('User', userSchema)

passport.serializeUser((user, done) => done(null, user.id))
passport.deserializeUser((id, done) => {
  User.findById(id).then((user) => done(null, user), done)
})

export async function startApp() {
  await mongoose.connect(process.env.MONGODB_URI)
  const app = express()
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${server.address().port}`

  const jit = createJit({
    userModel: User,
    baseUrl: `${origin}/sso`,
    sources: [
      ...JSON.parse(process.env.SSO_SOURCES),
      mongoSources(mongoose.connection, { encryptionKey: randomBytes(32) }),
    ],
  })
  await jit.ready()
  const outcomes = []
  jit.on('login', (result) => outcomes.push(result.outcome))

  app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.use('/sso', jit.router({ successRedirect: '/me' }))
  app.use('/admin/sso', jit.adminRouter({ authorize: (req) => req.user !== undefined }))
  app.get('/me', (req, res) => res.json(req.user ?? null))

  async function stop() {
    server.closeAllConnections()
    server.close()
    await jit.close()
    await mongoose.disconnect()
  }
  return { origin, outcomes, stop }
}
