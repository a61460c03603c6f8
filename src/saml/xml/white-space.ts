const SPACE = ' \t\r\n'

/** Removes the white space of XML (XML 2.3) at both ends, at a cost that grows with the length alone. */
export function trimSpace(text: string): string {
  let [start, end] = [0, text.length]
  while (start < end && SPACE.includes(text[start]!)) start++
  while (end > start && SPACE.includes(text[end - 1]!)) end--
  return text.slice(start, end)
}

/** Whether a URI or name that was received is the expected one. White space at its ends doesn't count. */
export function isSameToken(received: string | null | undefined, expected: string): boolean {
  return typeof received === 'string' && trimSpace(received) === trimSpace(expected)
}
