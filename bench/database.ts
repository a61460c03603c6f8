import { randomBytes } from 'node:crypto'
import { type Db, MongoClient } from 'mongodb'
import { type RunningScript, startScript } from '../test/helpers/script'

/** The database server of the bench: the one at MONGODB_URI, or one that is found or started. */
export class BenchDatabase {
  private constructor(
    readonly server: RunningScript,
    readonly client: MongoClient,
    readonly found: { uri: string; engine: string },
  ) {}

  static async start(): Promise<BenchDatabase> {
    const server = await startScript('../../bench/processes/database.ts', {})
    const found = JSON.parse(server.printed) as { uri: string; engine: string }
    return new BenchDatabase(server, await MongoClient.connect(found.uri), found)
  }

  /** The engine, and the MongoDB version that it reports. */
  async describe(): Promise<string> {
    const { version } = await this.client.db('admin').command({ buildInfo: 1 })
    return `${this.found.engine} (reports MongoDB ${String(version)})`
  }

  /** Runs `use` with a fresh database, and drops the database afterwards. */
  async withFresh<T>(use: (db: Db, uri: string) => Promise<T>): Promise<T> {
    const db = this.client.db(`bench_${randomBytes(6).toString('hex')}`)
    const uri = new URL(this.found.uri)
    uri.pathname = `/${db.databaseName}`
    try {
      return await use(db, uri.toString())
    } finally {
      await db.dropDatabase()
    }
  }

  async close(): Promise<void> {
    await this.client.close()
    await this.server.stop()
  }
}
