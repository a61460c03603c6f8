/** Gives work that is done once, whoever asks for it how often; a failure is forgotten, so that the next call tries anew. */
export function once(work: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined
  return () =>
    (done ??= work().catch((error: unknown) => {
      done = undefined
      throw error
    }))
}
