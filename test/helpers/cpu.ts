type Work = () => unknown
/** Measures the CPU time of some work, in any unit. */
type Measure = () => Promise<number>

const TRIES = 12

/** The number of parts that `expectLinear` divides its input into. */
const PARTS = 8

/**
 * Fails if one cost is more than the given multiple of another. The two are measured alternately, and the minimum of
 * each counts, since other load can only increase them.
 */
export async function expectRatioAtMost(times: number, plain: Measure, other: Measure): Promise<void> {
  let [least, leastPlain] = [Infinity, Infinity]
  for (let tries = 0; tries < TRIES; tries++) {
    leastPlain = Math.min(leastPlain, await plain())
    least = Math.min(least, await other())
    if (least <= times * leastPlain) return
  }
  expect(least / leastPlain).toBeLessThanOrEqual(times)
}

/** Fails if some work costs this process more CPU than the given multiple of plain work. */
export function expectCostAtMost(times: number, plain: Work, work: Work): Promise<void> {
  return expectRatioAtMost(
    times,
    () => cpuOf(plain),
    () => cpuOf(work),
  )
}

/**
 * Fails if the cost of work grows faster than its input. One large input may cost little more than eight inputs of an
 * eighth. With quadratic cost it costs eight times as much.
 */
export async function expectLinear(size: number, prepare: (size: number) => Work): Promise<void> {
  const [large, small] = [prepare(size), prepare(size / PARTS)]
  const inParts = async (): Promise<void> => {
    for (let part = 0; part < PARTS; part++) await small()
  }
  await expectCostAtMost(3, inParts, large)
}

/** The CPU time of some work in this process, user and system, in microseconds. */
async function cpuOf(work: Work): Promise<number> {
  const begun = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(begun)
  return user + system
}
