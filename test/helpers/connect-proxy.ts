import http from 'node:http'
import net, { type AddressInfo, type Socket } from 'node:net'

/** A real proxy on loopback that opens tunnels by CONNECT, and resolves names by a table of its own. */
export class ConnectProxy {
  /** The hosts that it was asked for, with their ports. */
  asked: string[] = []
  /** The header Proxy-Authorization of each request. */
  credentials: (string | undefined)[] = []
  /** Where it connects instead, by host and port. Others it connects to as asked. */
  table: Record<string, number> = {}
  /** The status it answers with. 0: none at all. */
  status = 200
  /** Open connections to it. */
  readonly sockets = new Set<Socket>()
  readonly #server = http.createServer((_req, res) => res.writeHead(501).end())

  constructor() {
    this.#server.on('connection', (socket: Socket) => {
      this.sockets.add(socket)
      socket.on('close', () => this.sockets.delete(socket))
    })
    this.#server.on('connect', (req, client: Socket) => this.#connect(req, client))
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async start(): Promise<void> {
    this.#server.listen(0, '127.0.0.1')
    await new Promise((resolve) => this.#server.once('listening', resolve))
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #connect(req: http.IncomingMessage, client: Socket): void {
    const target = req.url ?? ''
    this.asked.push(target)
    this.credentials.push(req.headers['proxy-authorization'])
    client.on('error', () => undefined)
    if (this.status === 0) return void client.resume().on('end', () => client.destroy())
    if (this.status !== 200)
      return void client.end(`HTTP/1.1 ${this.status} No\r\n\r\n{"error":"invalid_grant"}`)
    const { hostname, port } = new URL(`http://${target}`)
    const server = net.connect(
      this.table[target] ?? Number(port),
      this.table[target] ? '127.0.0.1' : hostname,
    )
    server.on('error', () => client.destroy())
    server.on('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      server.pipe(client).pipe(server)
    })
    client.on('close', () => server.destroy())
  }
}
