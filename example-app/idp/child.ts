/** What a child tells its parent: a line to show, that it listens and what follows from it, or why it can't. */
export type ChildMessage<Ready> = { say: string } | { ready: Ready } | { problem: string }

/**
 * Runs a server as a child process: it starts with the options that the parent sends, and ends when the
 * parent does, however that ended. Ctrl-C reaches the whole group; here the parent alone decides.
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

/** Shows a line where the parent shows its own. */
export function say(line: string): void {
  tell({ say: line })
}

function tell(message: ChildMessage<unknown>): void {
  process.send?.(message)
}
