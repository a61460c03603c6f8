import { KeyedQueue } from '../../src/login/keyed-queue'

/** A task that ends on request. */
function task(log: string[], name: string): { run: () => Promise<string>; end: () => void } {
  let end = (): void => undefined
  const ended = new Promise<void>((resolve) => (end = resolve))
  const run = async (): Promise<string> => {
    log.push(name)
    await ended
    return name
  }
  return { run, end: () => end() }
}

describe('tasks with the same key', () => {
  let log: string[]
  beforeEach(() => {
    log = []
    jest.useFakeTimers()
  })
  afterEach(() => jest.useRealTimers())

  it('run one after the other, in parallel with tasks of other keys', async () => {
    const queue = new KeyedQueue()
    const [first, second, other] = [task(log, 'first'), task(log, 'second'), task(log, 'other')]
    const results = [queue.run('a', first.run), queue.run('a', second.run), queue.run('b', other.run)]
    await jest.advanceTimersByTimeAsync(1_000)
    expect(log).toEqual(['first', 'other'])
    first.end()
    await jest.advanceTimersByTimeAsync(0)
    expect(log).toEqual(['first', 'other', 'second'])
    second.end()
    other.end()
    expect(await Promise.all(results)).toEqual(['first', 'second', 'other'])
    expect(jest.getTimerCount()).toBe(0)
  })

  it('run after a failed task', async () => {
    const queue = new KeyedQueue()
    const failed = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('a', () => Promise.resolve('done'))
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('done')
  })

  it('each wait at most five seconds for a task that hangs', async () => {
    const queue = new KeyedQueue()
    void queue.run('a', task(log, 'hangs').run)
    void queue.run('a', task(log, 'hangs too').run)
    const done = queue.run('a', () => Promise.resolve('done'))
    await jest.advanceTimersByTimeAsync(4_900)
    expect(log).toEqual(['hangs'])
    await jest.advanceTimersByTimeAsync(200)
    expect(log).toEqual(['hangs', 'hangs too'])
    expect(await done).toBe('done')
  })
})
