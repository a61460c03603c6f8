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
 * Listens on a port of loopback, or on the next free port, and then logs that. Requests wait until the caller adds a
 * `request` listener.
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

/** A server on this port, or undefined if the port is in use. */
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
