/** Milliseconds of CPU that this process has used since it began, on behalf of the system included. */
export function cpuUsed(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** MiB of heap in use after a full collection. For a process that was started with `--expose-gc`. */
export function heapUsed(): number {
  global.gc?.()
  return process.memoryUsage().heapUsed / 1024 / 1024
}
