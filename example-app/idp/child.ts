/** A message to the parent: a line to print, the result of a successful start, or the reason of a failure. */
export type ChildMessage<Ready> = { say: string } | { ready: Ready } | { problem: string }

/**
 * Runs a server as a child process. It starts with the options that the parent sends, and ends when the parent
 * disconnects. It ignores Ctrl-C, which reaches the whole process group, and lets the parent decide.
 */
export function runAsChild<Options, Ready>(start: (options: Options) => Promise<Ready>): void {
  process.on('disconnect', () => process.exit())
  process.on('SIGINT', () => undefined)
  process.once('message', (options: Options) => {
    start(options).then(
      (ready) => tell({ ready }),
      (error: unknown) => tell({ problem: String(error) }),
    )
  })
}

/** Lets the parent print a line. */
export function say(line: string): void {
  tell({ say: line })
}

function tell(message: ChildMessage<unknown>): void {
  process.send?.(message)
}
