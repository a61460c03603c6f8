import { XmlError } from './error'
import {
  attributePrefix,
  type Declaration,
  localName,
  Namespaces,
  type NamespaceScope,
  outermostScope,
  prefixOf,
} from './namespaces'

/** What is declared around a text that was cut out of a document. */
export interface Surroundings {
  /** Used as a whole as soon as the text uses a prefix, or the default namespace, that it does not declare itself. */
  readonly scope: NamespaceScope
  /**
   * Declarations that no signature covers, where one covers the text itself. They serve names of attributes, such as
   * `xsi:type`, and never an element's: whoever changes them could give or take its meaning.
   */
  readonly unsigned?: NamespaceScope
}

/** Finds the namespaces of names during a scan. */
export class NameLookup {
  readonly #own = new Namespaces(outermostScope)
  readonly #outer: Namespaces | undefined
  readonly #unsigned: Namespaces | undefined
  /** Interned, so that comparing two long ones is cheap. */
  readonly #known = new Map<string, string>()
  #surrounding: readonly Declaration[] = []
  /** The scope around the root. */
  readonly base: NamespaceScope

  constructor({ scope, unsigned }: Partial<Surroundings> = {}) {
    this.#outer = scope && new Namespaces(scope)
    this.#unsigned = unsigned && new Namespaces(unsigned)
    const surrounding = (): readonly Declaration[] => this.#surrounding
    this.base = {
      get declared() {
        return surrounding()
      },
      outer: outermostScope,
    }
  }

  enter(declared: readonly Declaration[]): ReturnType<Namespaces['enter']> {
    return this.#own.enter(declared)
  }

  leave(before: ReturnType<Namespaces['enter']>): void {
    this.#own.leave(before)
  }

  intern(declared: readonly Declaration[]): readonly Declaration[] {
    return declared.map(([prefix, namespace]) => {
      const known = this.#known.get(namespace) ?? namespace
      this.#known.set(known, known)
      return [prefix, known]
    })
  }

  /** Empty if the element is in no namespace. Throws XmlError if its prefix is not declared. */
  ofElement(tag: string): string {
    const namespace = this.#find(prefixOf(tag))
    if (namespace === undefined && tag.includes(':')) throw undeclared()
    return namespace ?? ''
  }

  /** Throws XmlError if two of an element's attributes differ only in their prefix. */
  checkAttributes(attributes: ReadonlyMap<string, string>): void {
    let names: Map<string, Set<string>> | undefined
    for (const name of attributes.keys()) {
      const prefix = attributePrefix(name)
      if (prefix === undefined) continue
      const namespace = this.#find(prefix) ?? this.#unsigned?.get(prefix)
      if (namespace === undefined) throw undeclared()
      names ??= new Map()
      const inNamespace = names.get(namespace) ?? new Set()
      if (inNamespace.has(localName(name))) throw new XmlError('namespaces', 'repeats an attribute')
      names.set(namespace, inNamespace.add(localName(name)))
    }
  }

  #find(prefix: string): string | undefined {
    const own = this.#own.get(prefix)
    if (own !== undefined || !this.#outer) return own
    const namespace = this.#outer.get(prefix)
    if (namespace && this.#surrounding.length === 0) this.#surrounding = this.#outer.declarations
    return namespace
  }
}

function undeclared(): XmlError {
  return new XmlError('namespaces', 'uses a prefix that it does not declare')
}
