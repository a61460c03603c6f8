import { listen } from '../start/listen'

test('takes the next free port when one is in use, and logs that', async () => {
  const lines: string[] = []
  const first = await listen(0, 'the first')
  const wanted = Number(new URL(first.origin).port)
  const second = await listen(wanted, 'the app', (line) => lines.push(line))
  const taken = Number(new URL(second.origin).port)
  expect(taken).toBeGreaterThan(wanted)
  expect(lines).toEqual([`Port ${wanted} is in use: the app takes ${taken} instead.`])
  first.server.close()
  second.server.close()
})

test('listens only on loopback', async () => {
  const { server, origin } = await listen(0, 'the app')
  expect(origin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
  expect(server.address()).toMatchObject({ address: '127.0.0.1' })
  server.close()
})
