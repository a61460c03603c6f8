import type { Attribute, Person } from '../directory/people'

export type { Person }

/** Reads the people who may sign in from the directory. Nothing is cached, so a change takes effect immediately. */
export async function fetchPeople(directory: string): Promise<Person[]> {
  const response = await fetch(new URL('/api/people', directory))
  if (!response.ok) throw new Error(`The directory answered ${response.status}.`)
  return (await response.json()) as Person[]
}

/** The attributes or claims of a person, by name. Several values become a list. */
export function sentAttributes(person: Person, protocol: 'saml' | 'oidc'): Record<string, string | string[]> {
  const sent = person.attributes.filter((row) => row[protocol] !== '' && row.values.length > 0)
  return Object.fromEntries(sent.map((row) => [row[protocol], oneOrMany(row)]))
}

function oneOrMany({ values }: Attribute): string | string[] {
  return values.length === 1 ? (values[0] ?? '') : values
}
