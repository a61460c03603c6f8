import type { Server } from 'node:http'

type Stop = () => unknown

/** What has to be stopped when the example ends: the last thing started goes first. */
export class Shutdown {
  readonly #stops: Stop[] = []
  #running: Promise<void> | undefined

  add(stop: Stop): void {
    this.#stops.unshift(stop)
  }

  /** A server goes at once, open connections included. */
  server(server: Server): void {
    this.add(() => {
      server.close()
      server.closeAllConnections()
    })
  }

  /** Stops everything, once, however often it is called. One failure does not keep the rest running. */
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
