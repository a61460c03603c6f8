/**
 * The least that three runs of some work take of this process's CPU, user's and system's, in milliseconds: garbage that
 * the tests themselves have left is collected at any moment.
 */
export async function leastCpu(work: () => unknown): Promise<number> {
  const costs: number[] = []
  for (let run = 0; run < 3; run++) {
    const begun = process.cpuUsage()
    await work()
    const { user, system } = process.cpuUsage(begun)
    costs.push((user + system) / 1000)
  }
  return Math.min(...costs)
}
