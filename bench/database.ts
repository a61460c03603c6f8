import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import path from 'node:path'
import { type Db, MongoClient } from 'mongodb'
import type { DatabaseCommands } from './process/database'
import { startProcess } from './process/start'

/** Starts the independent engine, and prints MONGODB_URI=...; beside the checkout, on some machines. */
const START = path.join(__dirname, '../../shared/mongo/start.sh')

/** Where the bench stores its users: never in a process that is measured. */
export class BenchDatabase {
  readonly #client: MongoClient
  readonly #close: () => Promise<void>
  readonly #opened: Db[] = []

  private constructor(
    /** Without a database. */
    readonly uri: string,
    readonly engine: string,
    client: MongoClient,
    close: () => Promise<void>,
  ) {
    this.#client = client
    this.#close = close
  }

  /** `MONGODB_URI`; else the independent engine; else what `findMongo` finds, in a process of its own. */
  static async find(): Promise<BenchDatabase> {
    const nothing = (): Promise<void> => Promise.resolve()
    const given = process.env.MONGODB_URI
    if (given) return BenchDatabase.#at(given, 'the server at MONGODB_URI', nothing)
    const independent = independentEngine()
    if (independent) return BenchDatabase.#at(independent, 'PostgreSQL with DocumentDB', nothing)
    const server = await startProcess<DatabaseCommands>('process/database.ts')
    const { uri, engine } = await server.ask('found')
    return BenchDatabase.#at(uri, engine, () => server.stop())
  }

  static async #at(uri: string, engine: string, close: () => Promise<void>): Promise<BenchDatabase> {
    return new BenchDatabase(uri, engine, await MongoClient.connect(uri), close)
  }

  /** Whether it is a server that an app could run on, and not the one for development. */
  get isServer(): boolean {
    return this.engine !== 'dev-mongo'
  }

  /** What it is, and which version of MongoDB it says that it is. */
  async describe(): Promise<string> {
    const { version } = await this.#client.db('admin').command({ buildInfo: 1 })
    return `${this.engine} (as MongoDB ${String(version)})`
  }

  /** A fresh database, dropped by `close`, and its address. */
  open(): { db: Db; uri: string } {
    const db = this.#client.db(`bench_${randomBytes(6).toString('hex')}`)
    this.#opened.push(db)
    const url = new URL(this.uri)
    url.pathname = `/${db.databaseName}`
    return { db, uri: url.toString() }
  }

  async drop(db: Db): Promise<void> {
    await db.dropDatabase()
    this.#opened.splice(this.#opened.indexOf(db), 1)
  }

  async close(): Promise<void> {
    for (const db of [...this.#opened]) await this.drop(db)
    await this.#client.close()
    await this.#close()
  }
}

function independentEngine(): string | undefined {
  if (!existsSync(START)) return undefined
  try {
    const printed = execFileSync(START, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    return /^MONGODB_URI=(.*)$/m.exec(printed)?.[1]
  } catch {
    process.stderr.write('The independent engine could not be started\n')
    return undefined
  }
}
