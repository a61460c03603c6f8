import type { Person } from '../people/fields'

/** The identity provider, in the process of the bench: it is not what is measured. */
export interface Provider {
  /** Its name in assertions. */
  readonly issuer: string
  /**
   * Signs somebody in who was sent here: what their browser takes back to the app, by GET or, with a form, by POST.
   * `version`: how often their profile has changed.
   */
  answer(location: string, person: Person, version: number): Promise<ProviderAnswer>
}

export interface ProviderAnswer {
  query: string
  form?: Record<string, string>
}
