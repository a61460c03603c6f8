import dns, { type LookupAddress } from 'node:dns'
import { addressesOf } from '../../src/outgoing/name-lookup'

type Done = (error: Error | null, addresses: LookupAddress[]) => void

const address: LookupAddress = { address: '93.184.215.14', family: 4 }

/** The pending look-ups of the system, by name. */
let waiting: Map<string, Done>

beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask'] })
  waiting = new Map()
  jest
    .spyOn(dns, 'lookup')
    .mockImplementation(((name: string, _: object, done: Done) => waiting.set(name, done)) as never)
})
afterEach(() => {
  jest.useRealTimers()
  jest.restoreAllMocks()
})

/** Completes a pending look-up. */
async function answer(name: string, error: Error | null = null): Promise<void> {
  await settle()
  const done = waiting.get(name)!
  waiting.delete(name)
  done(error, error ? [] : [address])
  await settle()
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

const ask = (name: string): Promise<unknown> => addressesOf(name, { all: true }).catch(String)

/** Lets the look-ups of these names exceed their time limit. */
async function makeSlow(...names: string[]): Promise<void> {
  names.forEach((name) => void ask(name))
  jest.advanceTimersByTime(2001)
  for (const name of names) await answer(name, new Error('timed out'))
}

describe('name look-ups', () => {
  it('are shared by concurrent callers, and repeated for later ones', async () => {
    const asked = [ask('op.example'), ask('op.example')]
    await answer('op.example')
    expect(await Promise.all(asked)).toEqual([[address], [address]])
    expect(dns.lookup).toHaveBeenCalledTimes(1)
    const failed = ask('op.example')
    await answer('op.example', new Error('no such name'))
    expect(await failed).toBe('Error: no such name')
    expect(dns.lookup).toHaveBeenCalledTimes(2)
  })

  it('run one at a time for names that were slow, and delay no other name', async () => {
    await makeSlow('dead-1.example', 'dead-2.example', 'dead-3.example')
    const dead = ['dead-1.example', 'dead-2.example', 'dead-3.example'].map(ask)
    void ask('alive.example')
    await settle()
    expect([...waiting.keys()].sort()).toEqual(['alive.example', 'dead-1.example'])
    await answer('dead-1.example', new Error('timed out'))
    expect([...waiting.keys()].sort()).toEqual(['alive.example', 'dead-2.example'])
    await answer('dead-2.example')
    await answer('dead-3.example')
    expect(await Promise.all(dead)).toEqual(['Error: timed out', [address], [address]])
  })

  it('stop waiting once a slow name has resolved in time', async () => {
    await makeSlow('dead.example', 'back.example')
    const back = ask('back.example')
    await answer('back.example')
    expect(await back).toEqual([address])
    void ask('dead.example')
    void ask('back.example')
    await settle()
    expect([...waiting.keys()].sort()).toEqual(['back.example', 'dead.example'])
  })
})
