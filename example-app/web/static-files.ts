import { join } from 'node:path'
import express, { type RequestHandler } from 'express'

/** The style sheet and the one script of the example, to be mounted at `/assets`. */
export const staticFiles: RequestHandler = express.static(join(__dirname, 'static'))
