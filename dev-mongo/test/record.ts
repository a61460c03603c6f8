import { MongoClient } from 'mongodb'
import { answerOf, type Answers, writeAnswers } from './answers'
import { groups } from './cases/groups'

/* Records what the server at COMPARE_MONGODB_URI answers in each case: the fixtures that compare.test.ts reads. */

async function record(uri: string): Promise<void> {
  const client = await MongoClient.connect(uri)
  for (const [group, cases] of Object.entries(groups)) {
    const answers: Answers = {}
    for (const [name, run] of Object.entries(cases)) answers[name] = await answerOf(client, run)
    writeAnswers(group, answers)
  }
  await client.close()
}

const { COMPARE_MONGODB_URI } = process.env
if (!COMPARE_MONGODB_URI) throw new Error('COMPARE_MONGODB_URI is needed: the server to learn from')
void record(COMPARE_MONGODB_URI)
