import { findMongo } from 'dev-mongo'
import { serve } from './serve'

/** A database server in a process of its own, where none is given: what `findMongo` finds. */
export type DatabaseCommands = {
  found(): { uri: string; engine: string }
}

async function main(): Promise<void> {
  const { uri, engine } = await findMongo()
  serve({ found: () => ({ uri, engine }) } satisfies DatabaseCommands)
}

void main()
