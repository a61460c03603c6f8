/** A name without its separators and letter case. */
function skeleton(name: string): string {
  return name.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '')
}

/** The end of a name that is a URL or an OID: `http://schemas.example/claims/department`. */
function lastSegment(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf(':'), name.lastIndexOf('#')) + 1)
}

/**
 * How many letters must be inserted, deleted, replaced or swapped with a neighbor to turn `a` into `b`
 * (the optimal string alignment distance); 3 means 3 or more.
 */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 2) return 3
  let beforeLast: number[] = []
  let last = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const isSwap = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      const swapped = isSwap ? (beforeLast[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1), swapped))
    }
    beforeLast = last
    last = row
  }
  return Math.min(last[b.length]!, 3)
}

/** Whether two names were probably meant to be the same: they differ in letter case, separators or a letter or two. */
export function isNearMiss(got: string, expected: string): boolean {
  if (got.length > 256) return false
  const [a, b] = [skeleton(got), skeleton(expected)]
  if (a === '' || b === '') return false
  if (a === b || skeleton(lastSegment(got)) === b) return true
  const shorter = Math.min(a.length, b.length)
  return distance(a, b) <= (shorter < 4 ? 0 : shorter < 5 ? 1 : 2)
}

/** The candidate that was most likely meant, for "did you mean". */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  const letters = skeleton(name)
  return candidates
    .map((candidate) => ({ candidate, far: distance(letters, skeleton(candidate)) }))
    .filter(
      ({ candidate, far }) => far < 3 || skeleton(lastSegment(candidate.replaceAll('.', '/'))) === letters,
    )
    .sort((a, b) => a.far - b.far)[0]?.candidate
}

/** The end of a sentence about an unknown name: "did you mean" with the nearest candidate, else `otherwise`. */
export function didYouMean(name: string, candidates: readonly string[], otherwise = ''): string {
  const meant = nearest(name, candidates)
  return meant ? `; did you mean '${meant}'?` : otherwise
}

/** Invisible characters, and characters that reverse the text after them. */
const unseen = /[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** A received name, safe for pages and logs: deceptive characters are written as their code point, `⟨U+202E⟩`. */
export function legible(name: string): string {
  return name.replace(unseen, (character) => {
    const code = character.codePointAt(0)!.toString(16).toUpperCase()
    return `⟨U+${code.padStart(4, '0')}⟩`
  })
}
