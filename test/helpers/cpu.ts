type Work = () => unknown
/** Measures the CPU time that something takes, in any unit. */
type Measure = () => Promise<number>

const TRIES = 6

/** How often the input of `expectLinear` is divided. */
const PARTS = 8

/**
 * Fails if one cost is more than so many times another. The two are measured in turns and the least of each counts:
 * whatever else the machine does slows down both, and can only add to them.
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

/** Fails if some work costs this process more CPU than so many times plain work. */
export function expectCostAtMost(times: number, plain: Work, work: Work): Promise<void> {
  return expectRatioAtMost(
    times,
    () => cpuOf(plain),
    () => cpuOf(work),
  )
}

/**
 * Fails if the cost of work grows faster than its input: one large input may cost little more than eight inputs of an
 * eighth. At a quadratic cost it is eight times as much.
 */
export async function expectLinear(size: number, prepare: (size: number) => Work): Promise<void> {
  const [large, small] = [prepare(size), prepare(size / PARTS)]
  const inParts = async (): Promise<void> => {
    for (let part = 0; part < PARTS; part++) await small()
  }
  await expectCostAtMost(3, inParts, large)
}

/** The CPU time that some work takes of this process, user's and system's, in microseconds. */
async function cpuOf(work: Work): Promise<number> {
  const begun = process.cpuUsage()
  await work()
  const { user, system } = process.cpuUsage(begun)
  return user + system
}
