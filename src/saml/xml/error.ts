export class XmlError extends Error {
  override readonly name = 'XmlError'

  constructor(
    readonly check: 'structure' | 'doctype' | 'namespaces' | 'algorithm' | 'encryption',
    /** Completes a sentence that begins with "The document". Never quotes it. */
    readonly problem: string,
  ) {
    super(`The document ${problem}`)
  }
}
