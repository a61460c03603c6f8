import type { Server } from 'node:http'

type Stop = () => unknown

/** Stops everything when the example ends, in reverse order of starting. */
export class Shutdown {
  readonly #stops: Stop[] = []
  #running: Promise<void> | undefined

  add(stop: Stop): void {
    this.#stops.unshift(stop)
  }

  /** Stops a server and closes its open connections. */
  server(server: Server): void {
    this.add(() => {
      server.close()
      server.closeAllConnections()
    })
  }

  /** Stops everything. Later calls return the same promise. After a failure, the rest still stops. */
  run(): Promise<void> {
    this.#running ??= this.#stopAll()
    return this.#running
  }

  async #stopAll(): Promise<void> {
    for (const stop of this.#stops) {
      try {
        await stop()
      } catch (error) {
        console.error(error)
      }
    }
  }
}
