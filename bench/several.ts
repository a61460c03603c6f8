/** Does something with each of several items, in their order, so many at a time. Rejects with the first failure. */
export async function severalAtATime<T>(
  atATime: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const turns = items.entries()
  const worker = async (): Promise<void> => {
    for (const [index, item] of turns) await work(item, index)
  }
  await Promise.all(Array.from({ length: atATime }, worker))
}
