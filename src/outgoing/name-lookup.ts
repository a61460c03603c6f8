import type { LookupAddress, LookupAllOptions } from 'node:dns'
import { lookup } from 'node:dns'

/** After how many milliseconds a name counts as slow: its server does not answer, or hardly. */
const SLOW = 2000

const underWay = new Map<string, Promise<LookupAddress[]>>()
const slowNames = new Set<string>()

/** The look-ups of slow names, one after the other. */
let slowLane: Promise<unknown> = Promise.resolve()

/**
 * Every address of a name, as Node.js finds them. A name whose server does not answer holds up no other for long:
 * libuv looks up two names at a time and cannot stop, however long the system waits. So one look-up serves everybody
 * who asks for a name meanwhile, and of the names that were slow the last time one is looked up at a time.
 */
export function addressesOf(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  const key = `${name} ${options.family ?? 0} ${options.hints ?? 0}`
  const known = underWay.get(key)
  if (known) return known
  const found = start(name, options).finally(() => underWay.delete(key))
  underWay.set(key, found)
  return found
}

function start(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  if (!slowNames.has(name)) return timed(name, options)
  const found = slowLane.then(() => timed(name, options))
  slowLane = found.catch(() => undefined)
  return found
}

async function timed(name: string, options: LookupAllOptions): Promise<LookupAddress[]> {
  const begun = performance.now()
  try {
    return await new Promise((resolve, reject) => {
      lookup(name, options, (error, addresses) => (error ? reject(error) : resolve(addresses)))
    })
  } finally {
    if (performance.now() - begun > SLOW) slowNames.add(name)
    else slowNames.delete(name)
  }
}
