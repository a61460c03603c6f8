import express from 'express'
import { createConnection, type Connection, Schema } from 'mongoose'
import type { CommandStartedEvent } from 'mongodb'
import request from 'supertest'
import { createJit, type Jit, jitUser, mongoSources } from '../../src'
import { entered, annByClaims } from '../helpers/cluster'
import { companyFields, companySchema } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'

const MANY = 500

let mongo: TestMongo
let connection: Connection
let jit: Jit
beforeAll(async () => {
  mongo = await testMongo()
  connection = await createConnection(mongo.uri, { monitorCommands: true }).asPromise()
  const userModel = connection.model(
    'User',
    new Schema(companySchema).plugin(jitUser, { fields: companyFields }),
  )
  const stored = mongoSources(connection, { encryptionKey: Buffer.alloc(32, 7) })
  for (let i = 0; i < MANY; i++) await stored.put(entered({ id: `source-${i}`, label: `Customer ${i}` }))
  jit = createJit({ userModel, baseUrl: 'https://app.example/sso', sources: [stored], activity: false })
  await jit.ready()
})
afterAll(async () => {
  await jit.close()
  await connection.close()
  await mongo.close()
})

/** Milliseconds. */
async function time(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now()
  await work()
  return performance.now() - started
}

describe('500 sources', () => {
  it('are listed quickly', async () => {
    const app = express().use('/admin', jit.adminRouter({ authorize: () => true }))
    const list = (): Promise<unknown> =>
      request(app)
        .get('/admin/')
        .expect(200)
        .expect(/500 sources/)
    const first = await time(list)
    const second = await time(list)
    expect(first).toBeLessThan(3_000)
    expect(second).toBeLessThan(1_000)
  })

  it('cost a sign-in nothing', async () => {
    await jit.login('source-499', annByClaims())
    const commands: string[] = []
    connection.getClient().on('commandStarted', (event: CommandStartedEvent) => {
      if (JSON.stringify(event.command).includes('users')) commands.push(event.commandName)
    })
    await jit.login('source-499', annByClaims())
    expect(commands).toEqual(['find'])
  })
})
