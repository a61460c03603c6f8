import { lookup, type LookupAddress, type LookupAllOptions } from 'node:dns'
import { isIP } from 'node:net'

/** A name counts as slow if its look-up takes longer, in milliseconds. */
const SLOW_MS = 2000

const pending = new Map<string, Promise<LookupAddress[]>>()
const slowNames = new Set<string>()

/** The look-ups of slow names, one after another. */
let slowLane: Promise<unknown> = Promise.resolve()

/**
 * Every address of a name, as Node.js finds them. A name whose server does not answer must not delay others: libuv
 * looks up two names at a time and can't cancel a look-up. So all requests for a name share one look-up, and names that
 * were slow the last time are looked up one at a time.
 */
export function addressesOf(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  const key = `${name} ${options.family ?? 0} ${options.hints ?? 0}`
  const current = pending.get(key)
  if (current) return current
  const addresses = start(name, options).finally(() => pending.delete(key))
  pending.set(key, addresses)
  return addresses
}

/**
 * Every IP address of a host: itself, or those of its name. None if the name does not resolve within two seconds. Never
 * rejects.
 */
export async function promptAddressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<[]>((resolve) => {
    timer = setTimeout(() => resolve([]), SLOW_MS)
  })
  const addresses = addressesOf(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  return await Promise.race([addresses, timeout]).finally(() => clearTimeout(timer))
}

function start(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  if (!slowNames.has(name)) return timed(name, options)
  const addresses = slowLane.then(() => timed(name, options))
  slowLane = addresses.catch(() => undefined)
  return addresses
}

async function timed(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  const startedAt = performance.now()
  try {
    return await new Promise((resolve, reject) => {
      lookup(name, options, (error, addresses) => (error ? reject(error) : resolve(addresses)))
    })
  } finally {
    if (performance.now() - startedAt > SLOW_MS) slowNames.add(name)
    else slowNames.delete(name)
  }
}
