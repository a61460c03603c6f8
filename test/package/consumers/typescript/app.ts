import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import express from 'express'
import session from 'express-session'
import mongoose, { model, Schema, type Types } from 'mongoose'
import passport from 'passport'
import { createJit, jitUser, mongoSources, type Outcome, type SourceConfig } from 'passport-jit'

const userSchema = new Schema({
  email: { type: String, required: true },
  firstName: String,
  lastName: String,
  title: String,
  active: Boolean,
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
export const User = model('User', userSchema)

declare global {
  namespace Express {
    interface User {
      _id: Types.ObjectId
    }
  }
}

passport.serializeUser((user, done) => done(null, String(user._id)))
passport.deserializeUser((id: string, done) => {
  User.findById(id).then((user) => done(null, user), done)
})

interface RunningApp {
  origin: string
  outcomes: Outcome[]
  stop(): Promise<void>
}

export async function startApp(): Promise<RunningApp> {
  await mongoose.connect(process.env.MONGODB_URI ?? '')
  const app = express()
  const server = app.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  const jit = createJit({
    userModel: User,
    baseUrl: `${origin}/sso`,
    sources: [
      ...(JSON.parse(process.env.SSO_SOURCES ?? '[]') as SourceConfig[]),
      mongoSources(mongoose.connection, { encryptionKey: randomBytes(32) }),
    ],
    isActive: (user) => user.active !== false,
  })
  await jit.ready()
  const outcomes: Outcome[] = []
  jit.on('login', ({ outcome }) => outcomes.push(outcome))

  app.use(session({ secret: 'a secret', resave: false, saveUninitialized: false }))
  app.use(passport.session())
  app.use('/sso', jit.router({ successRedirect: '/me' }))
  app.use('/admin/sso', jit.adminRouter({ authorize: (req) => req.user !== undefined }))
  app.get('/me', (req, res) => {
    res.json(req.user ?? null)
  })

  async function stop(): Promise<void> {
    server.closeAllConnections()
    server.close()
    await jit.close()
    await mongoose.disconnect()
  }
  return { origin, outcomes, stop }
}
