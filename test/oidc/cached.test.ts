import { Cached } from '../../src/oidc/cached'

/** Counts its fetches: `v1`, `v2`, ... They fail while `broken` is set. */
function counted(lifetime = 1000): { cached: Cached<string>; count: () => number; broken: { is: boolean } } {
  let count = 0
  const broken = { is: false }
  const fetch = (): Promise<string> =>
    broken.is ? Promise.reject(new Error(`down ${++count}`)) : Promise.resolve(`v${++count}`)
  return { cached: new Cached(fetch, lifetime), count: () => count, broken }
}

describe('Cached', () => {
  let now = 1_000_000
  beforeEach(() => {
    jest.spyOn(performance, 'now').mockImplementation(() => now)
  })
  afterEach(() => jest.restoreAllMocks())

  it('keeps a value for its lifetime', async () => {
    const { cached } = counted()
    expect(await cached.get()).toBe('v1')
    now += 999
    expect(await cached.get()).toBe('v1')
    now += 1
    expect(await cached.get()).toBe('v2')
  })

  it('is not affected by a change of the system clock', async () => {
    const clock = jest.spyOn(Date, 'now')
    const { cached } = counted()
    clock.mockReturnValue(Date.parse('2040-01-01'))
    await cached.renewed(await cached.get())
    clock.mockReturnValue(Date.parse('2020-01-01'))
    expect(await cached.get()).toBe('v2')
    now += 1000
    expect(await cached.renewed(await cached.get())).toBe('v4')
    clock.mockReturnValue(Date.parse('2040-01-01'))
    expect(await cached.get()).toBe('v4')
  })

  it('shares one fetch, and does not cache a failure', async () => {
    const { cached, count, broken } = counted()
    broken.is = true
    const asked = [cached.get(), cached.get()]
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(count()).toBe(1)
    broken.is = false
    expect(await cached.get()).toBe('v2')
  })

  it('renews a value that failed to work, and reports if none is newer', async () => {
    const { cached } = counted()
    expect(await cached.renewed(await cached.get())).toBe('v2')
    expect(await cached.renewed('v2')).toBe('v3')
    const same = new Cached(() => Promise.resolve('always'), 1000)
    expect(await same.renewed(await same.get())).toBeUndefined()
  })

  it('keeps the old value if renewing it fails', async () => {
    const { cached, broken } = counted()
    const value = await cached.get()
    broken.is = true
    await expect(cached.renewed(value)).rejects.toThrow('down 2')
    expect(await cached.get()).toBe('v1')
  })

  describe('fetches at most fifty times at once, and once a second over time,', () => {
    it('if no value works', async () => {
      const { cached, count } = counted(1_000_000)
      let value = await cached.get()
      for (let i = 0; i < 100; i++) value = (await cached.renewed(value)) ?? value
      expect(count()).toBe(50 + 1)
      expect(await cached.renewed(value)).toBeUndefined()
      now += 3000
      for (let i = 0; i < 100; i++) value = (await cached.renewed(value)) ?? value
      expect(count()).toBe(50 + 1 + 3)
    })

    it('if every fetch fails: callers get the last error', async () => {
      const { cached, count, broken } = counted()
      broken.is = true
      for (let i = 0; i < 100; i++) await expect(cached.get()).rejects.toThrow('down')
      expect(count()).toBe(50 + 1)
      await expect(cached.get()).rejects.toThrow('down 51')
      broken.is = false
      now += 1000
      expect(await cached.get()).toBe('v52')
    })
  })

  it('returns the new value to a caller with the old one, without another fetch', async () => {
    const { cached, count } = counted()
    const old = await cached.get()
    const both = [cached.renewed(old), cached.renewed(old)]
    expect(await Promise.all(both)).toEqual(['v2', 'v2'])
    expect(await cached.renewed(old)).toBe('v2')
    expect(count()).toBe(2)
  })
})
