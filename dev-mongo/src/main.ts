import { parseArgs } from 'node:util'
import { startDevMongo } from './server'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { port: { type: 'string', default: '27017' } } })
  const port = Number(values.port)
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port: ${values.port} is not a port`)
  const { uri } = await startDevMongo({ port }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EADDRINUSE'
      ? new Error(`port ${port} is in use; choose another with --port`)
      : error
  })
  process.stdout.write(`MONGODB_URI=${uri}\n`)
}

main().catch((error: Error) => {
  process.stderr.write(`dev-mongo: ${error.message}\n`)
  process.exitCode = 1
})
