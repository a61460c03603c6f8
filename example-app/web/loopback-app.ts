import express, { type Express } from 'express'
import { oneAddress, securityHeaders } from './security'
import { staticFiles } from './static-files'

/** The base of each of Acme's servers: security headers, one address, and the style sheet. */
export function loopbackApp(origin: string): Express {
  const app = express()
  app.disable('x-powered-by')
  app.use(securityHeaders, oneAddress(origin))
  app.use('/assets', staticFiles)
  return app
}
