import { join } from 'node:path'
import express, { type RequestHandler } from 'express'

/** The style sheet and the script of the example. Mounted at `/assets`. */
export const staticFiles: RequestHandler = express.static(join(__dirname, 'static'))
