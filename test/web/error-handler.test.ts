import express, { type ErrorRequestHandler } from 'express'
import express4 from 'express4'
import request from 'supertest'
import { errorHandler } from '../../src/web/error-handler'

describe.each([
  ['Express 5', express],
  ['Express 4', express4],
])('an error handler, with %s', (_, framework) => {
  const answerOf = async (handler: ErrorRequestHandler): Promise<string> => {
    const app = framework()
    app.get('/', (_req, _res, next) => next(new Error('first')))
    const last = errorHandler(({ error, res }) => void res.send(`last: ${(error as Error).message}`))
    app.use(handler, last)
    return (await request(app).get('/')).text
  }

  it('responds to an error', async () => {
    expect(await answerOf(errorHandler(({ error, res }) => void res.send(String(error))))).toBe(
      'Error: first',
    )
  })

  it('can pass an error on', async () => {
    expect(await answerOf(errorHandler(({ error, next }) => next(error)))).toBe('last: first')
  })

  it.each<[string, Parameters<typeof errorHandler>[0]]>([
    ['rejects', () => Promise.reject(new Error('second'))],
    [
      'throws',
      () => {
        throw new Error('second')
      },
    ],
  ])('passes on its own error when it %s', async (_name, handle) => {
    expect(await answerOf(errorHandler(handle))).toBe('last: second')
  })
})
