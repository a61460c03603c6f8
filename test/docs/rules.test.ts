import { testMongo, type TestMongo } from '../helpers/mongo'
import { walk, type Walk } from './helpers/programs'

/* Each of these pages is one program, and every assertion in it must hold. */

let mongo: TestMongo
let reader: Walk
beforeEach(async () => {
  mongo = await testMongo()
})
afterEach(async () => {
  await reader?.close()
  await mongo?.close()
})

it.each([
  ['docs/rules.md', 'rules.mts'],
  ['docs/linking.md', 'linking.mts'],
  ['docs/custom-fields.md', 'fields.mts'],
  ['docs/references-and-authority.md', 'references.mts'],
])('every assertion holds in %s', async (page, file) => {
  reader = await walk([page], [])
  expect(await reader.run(file, { MONGODB_URI: mongo.uri })).toBe('')
})
