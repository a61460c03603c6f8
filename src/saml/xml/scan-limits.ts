/** The most that a document may hold. */
export interface ScanLimits {
  readonly elements: number
  /** Attributes of all elements, namespace declarations included. */
  readonly attributes: number
  /** Elements within elements. */
  readonly depth: number
  /** Processing instructions are passed over, not refused. */
  readonly instructions?: true
}

/** For a text that is already trusted. */
export const unlimited: ScanLimits = { elements: Infinity, attributes: Infinity, depth: Infinity }
