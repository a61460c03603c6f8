/** The most that a document may hold. */
export interface ScanLimits {
  readonly elements: number
  /** Attributes of all elements, namespace declarations included. */
  readonly attributes: number
  /** Elements within elements. */
  readonly depth: number
  readonly attributesPerElement: number
  /** Different namespace prefixes. */
  readonly prefixes: number
  /** Namespace declarations in force at one element: canonicalization walks them at every element. */
  readonly declarations: number
  /** Comments and CDATA sections: anyone can add them to a signed text without breaking its signature. */
  readonly sections: number
  /** Different names of elements. */
  readonly names: number
  /** Characters that the document escapes or a canonical text has to. */
  readonly escapes: number
  /** Processing instructions are passed over, not refused. They count as comments. */
  readonly instructions?: true
}

/** For a text that is already trusted. */
export const unlimited: ScanLimits = {
  ...{ elements: Infinity, attributes: Infinity, depth: Infinity, attributesPerElement: Infinity },
  ...{ prefixes: Infinity, declarations: Infinity, sections: Infinity, names: Infinity, escapes: Infinity },
}
