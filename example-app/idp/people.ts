import type { Attribute, Person } from '../directory/people'

export type { Person }

/** Asks the directory for everybody who may sign in: each time anew, so that a change counts at once. */
export async function fetchPeople(directory: string): Promise<Person[]> {
  const response = await fetch(new URL('/api/people', directory))
  if (!response.ok) throw new Error(`The directory answered ${response.status}.`)
  return (await response.json()) as Person[]
}

/** What a provider sends about a person: each attribute under its name there, a list where there are several. */
export function sentAttributes(person: Person, protocol: 'saml' | 'oidc'): Record<string, string | string[]> {
  const sent = person.attributes.filter((row) => row[protocol] !== '' && row.values.length > 0)
  return Object.fromEntries(sent.map((row) => [row[protocol], oneOrMany(row)]))
}

function oneOrMany({ values }: Attribute): string | string[] {
  return values.length === 1 ? (values[0] ?? '') : values
}
