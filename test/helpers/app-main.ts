/**
 * A typical app in its own process, with everything in its database: users, sources, sessions. Takes its settings as
 * JSON (see `startApp`), and prints READY when it listens.
 */
import MongoStore from 'connect-mongo'
import express from 'express'
import session from 'express-session'
import mongoose, { Schema } from 'mongoose'
import passport from 'passport'
import { createJit, jitUser, mongoSources } from '../../src'
import type { AppSettings } from './app-process'
import { companyFields, companySchema } from './company'

async function main(settings: AppSettings): Promise<void> {
  const baseUrl = `${settings.origin}/sso`
  await mongoose.connect(settings.mongoUri, { bufferCommands: false, serverSelectionTimeoutMS: 3_000 })
  const User = mongoose.model('User', new Schema(companySchema).plugin(jitUser, { fields: companyFields }))
  const stored = mongoSources(mongoose.connection, { encryptionKey: settings.encryptionKey })
  const jit = createJit({ userModel: User, baseUrl, sources: [...settings.sources, stored] })
  await jit.ready()

  passport.serializeUser((user, done) => done(null, String((user as { _id: unknown })._id)))
  passport.deserializeUser((id, done) => {
    User.findById(id).then((user) => done(null, user), done)
  })
  const app = express().set('trust proxy', 'loopback')
  app.use((_req, res, next) => {
    res.set('X-Instance', settings.name)
    next()
  })
  const store = MongoStore.create({ client: mongoose.connection.getClient() as never })
  const cookie = { secure: baseUrl.startsWith('https:'), sameSite: 'lax' } as const
  app.use(session({ secret: 'test', resave: false, saveUninitialized: false, store, cookie }))
  app.use(passport.session())
  app.use('/sso', jit.router())
  app.use('/admin', jit.adminRouter({ authorize: () => true }))
  app.use((req, res) => void res.json({ user: req.user ?? null }))
  app.listen(settings.port, '127.0.0.1', () => console.log('READY'))
}

// The test that started this process has ended.
process.stdin.resume().on('end', () => process.exit())
main(JSON.parse(process.argv[2] ?? '') as AppSettings).catch((error: Error) => {
  console.error(error)
  process.exit(1)
})
