import { randomUUID } from 'node:crypto'

/** One attribute of a person, and its name at each of Acme's two providers. */
export interface Attribute {
  /** The Name of the SAML attribute. If empty, it is not sent over SAML. */
  saml: string
  /** The name of the claim. If empty, it is not sent over OpenID Connect. */
  oidc: string
  /** `[]` is not sent. `['']` is sent, but empty. */
  values: string[]
}

export interface Person {
  /** Permanent and globally unique: the NameID in SAML, `sub` in OpenID Connect. */
  id: string
  /** The name on Acme's own pages. It is never sent. */
  name: string
  active: boolean
  attributes: Attribute[]
}

export type PersonInput = Pick<Person, 'name' | 'attributes'>

/** Acme's people, kept in memory until the example stops. */
export class People {
  readonly #people = new Map<string, Person>()

  constructor(seed: readonly PersonInput[] = []) {
    for (const input of seed) this.add(input)
  }

  all(): Person[] {
    return [...this.#people.values()]
  }

  find(id: string): Person | undefined {
    return this.#people.get(id)
  }

  add(input: PersonInput): Person {
    const person = { id: randomUUID(), active: true, ...input }
    this.#people.set(person.id, person)
    return person
  }

  /** Changes the given properties. Returns false if no person has that id. */
  change(id: string, input: Partial<PersonInput & Pick<Person, 'active'>>): boolean {
    const person = this.#people.get(id)
    if (person) this.#people.set(id, { ...person, ...input })
    return person !== undefined
  }
}
