import { Cached } from '../../src/strategies/oidc-cache'

/** Counts its fetches: `v1`, `v2`, ... */
function counted(lifetime = 1000, cooldown = 100): { cached: Cached<string>; count: () => number } {
  let count = 0
  const cached = new Cached(() => Promise.resolve(`v${++count}`), lifetime, cooldown)
  return { cached, count: () => count }
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

  it('keeps it no longer and no shorter when the clock of the machine is set', async () => {
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

  it('shares one fetch, and keeps no failure', async () => {
    let fail = true
    let count = 0
    const cached = new Cached(
      () => (count++, fail ? Promise.reject(new Error('down')) : Promise.resolve(count)),
      1000,
      0,
    )
    const asked = [cached.get(), cached.get()]
    expect((await Promise.allSettled(asked)).map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    fail = false
    expect(await cached.get()).toBe(2)
  })

  it('renews a value that does not serve, but not before the cooldown is over', async () => {
    const { cached } = counted()
    expect(await cached.renewed(await cached.get())).toBe('v2')
    now += 99
    expect(await cached.renewed('v2')).toBeUndefined()
    now += 1
    expect(await cached.renewed('v2')).toBe('v3')
  })

  it('gives whoever still held the old value the new one, without another fetch', async () => {
    const { cached, count } = counted()
    const old = await cached.get()
    const both = [cached.renewed(old), cached.renewed(old)]
    expect(await Promise.all(both)).toEqual(['v2', 'v2'])
    expect(await cached.renewed(old)).toBe('v2')
    expect(count()).toBe(2)
  })
})
