/** Memoizes async work; a rejection is retried on the next call. */
export function once(work: () => Promise<unknown>): () => Promise<unknown> {
  let result: Promise<unknown> | undefined
  return () =>
    (result ??= work().catch((error: unknown) => {
      result = undefined
      throw error
    }))
}
