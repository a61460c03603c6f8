import { CommandError } from '../errors'
import { Collection, type Reading } from './collection'
import { Cursors } from './cursors'

/** All databases of the server, and its open cursors. */
export class Store {
  readonly databases = new Map<string, Map<string, Collection>>()
  readonly cursors = new Cursors()
  #readings: Reading[] = []

  /** Starts a new list of readings. Each search from now on adds one. */
  startReadings(): Reading[] {
    return (this.#readings = [])
  }

  find(db: string, name: string): Collection | undefined {
    return this.databases.get(db)?.get(name)
  }

  /** Returns the collection to search in. A missing one is empty, and is not created. */
  look(db: string, name: string): Collection {
    return this.find(db, name) ?? new Collection(`${db}.${name}`, () => {})
  }

  /** Returns the collection to write to. Creates a missing one, as mongod does. */
  make(db: string, name: string): Collection {
    if (name === '' || name.includes('$') || name.includes('\0')) {
      throw new CommandError(73, `Invalid collection name: ${name}`)
    }
    const collections = this.databases.get(db) ?? new Map<string, Collection>()
    this.databases.set(db, collections)
    const collection =
      collections.get(name) ?? new Collection(`${db}.${name}`, (reading) => this.#readings.push(reading))
    collections.set(name, collection)
    return collection
  }

  drop(db: string, name: string): void {
    const collections = this.databases.get(db)
    collections?.delete(name)
    if (collections?.size === 0) this.databases.delete(db)
  }

  /** Removes the documents that have expired by a TTL index. */
  expire(now: number): void {
    for (const collections of this.databases.values())
      for (const collection of collections.values()) collection.expire(now)
  }
}
