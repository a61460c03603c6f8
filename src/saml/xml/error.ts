export class XmlError extends Error {
  override readonly name = 'XmlError'
  /** The number of characters that the scan had read. */
  scanned?: number

  constructor(
    readonly check: 'encoding' | 'structure' | 'doctype' | 'namespaces' | 'algorithm' | 'encryption',
    /** Completes a sentence that begins with "The document". Quotes nothing of it but a name of an encoding. */
    readonly problem: string,
  ) {
    super(`The document ${problem}`)
  }
}
