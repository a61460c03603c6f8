import { randomUUID } from 'node:crypto'

/** What Acme knows about somebody under one name, and how each of its two providers calls it. */
export interface Attribute {
  /** The SAML attribute's Name; empty: not sent over SAML. */
  saml: string
  /** The claim's name; empty: not sent over OpenID Connect. */
  oidc: string
  /** None: not sent at all. `['']`: sent, but empty. */
  values: string[]
}

export interface Person {
  /** Permanent, and in no other directory: the NameID in SAML, `sub` in OpenID Connect. */
  id: string
  /** How Acme's own pages call this person. It is never sent. */
  name: string
  active: boolean
  attributes: Attribute[]
}

export type PersonInput = Pick<Person, 'name' | 'attributes'>

/** Acme's people, in memory: they are gone when the example stops. */
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

  /** Changes what is given and leaves the rest. False when there is nobody of that id. */
  change(id: string, input: Partial<PersonInput & Pick<Person, 'active'>>): boolean {
    const person = this.#people.get(id)
    if (person) this.#people.set(id, { ...person, ...input })
    return person !== undefined
  }
}
