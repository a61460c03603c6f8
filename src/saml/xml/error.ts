/** What a document failed at. */
export type XmlCheck = 'structure' | 'doctype' | 'namespaces' | 'algorithm' | 'encryption'

/** A document that is refused. */
export class XmlError extends Error {
  override readonly name = 'XmlError'

  constructor(
    readonly check: XmlCheck,
    /** Completes a sentence that begins with "The document". Never quotes it. */
    readonly problem: string,
  ) {
    super(`The document ${problem}`)
  }
}
