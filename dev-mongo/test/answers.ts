import { randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { EJSON } from 'bson'
import type { MongoClient } from 'mongodb'
import type { Case } from './cases/types'

/** Runs a case in a fresh database. The answer is canonical extended JSON, except that an int32 is a plain number. */
export async function answerOf(client: MongoClient, run: Case): Promise<unknown> {
  const db = client.db(`compare_${randomBytes(6).toString('hex')}`)
  try {
    const answer = EJSON.stringify(await run(db), { relaxed: false, ignoreUndefined: true })
    return JSON.parse(answer.replaceAll(db.databaseName, 'DB').replace(/\{"\$numberInt":"(-?\d+)"\}/g, '$1'))
  } finally {
    await db.dropDatabase()
  }
}

const fileOf = (group: string) => join(__dirname, 'fixtures', `${group}.json`)

/** The recorded answers to a group of cases, by the names of the cases. */
export type Answers = Record<string, unknown>

export function readAnswers(group: string): Answers {
  return JSON.parse(readFileSync(fileOf(group), 'utf8')) as Answers
}

/** Writes a fixture file: one case a line. */
export function writeAnswers(group: string, answers: Answers): void {
  const lines = Object.entries(answers).map((entry) => entry.map((part) => JSON.stringify(part)).join(': '))
  writeFileSync(fileOf(group), `{\n${lines.join(',\n')}\n}\n`)
}
