import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Listening {
  server: Server
  /** `http://127.0.0.1:<port>` */
  origin: string
}

const LOOPBACK = '127.0.0.1'
const TRIES = 100

/**
 * Takes a port of loopback, or the next free one, and says so. Nothing answers yet: the caller adds the
 * `request` listener when it knows what to answer.
 */
export async function listen(
  wanted: number,
  what: string,
  log: (line: string) => void = console.log,
): Promise<Listening> {
  for (let port = wanted; port < wanted + TRIES && port <= 65535; port++) {
    const server = await tryPort(port)
    if (!server) continue
    const taken = (server.address() as AddressInfo).port
    if (port !== wanted) log(`Port ${wanted} is in use: ${what} takes ${taken} instead.`)
    return { server, origin: `http://${LOOPBACK}:${taken}` }
  }
  throw new Error(`No free port for ${what} from ${wanted} on.`)
}

/** A server on this port; undefined when somebody else has it. */
function tryPort(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined)
      else reject(error)
    })
    server.listen(port, LOOPBACK, () => {
      server.removeAllListeners('error')
      resolve(server)
    })
  })
}
