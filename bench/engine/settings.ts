/** What the engine is started with. */
export interface EngineSettings {
  uri: string
  fields: number
  /** How many sources there are, and whether they are in the database or in code. */
  sources: { count: number; stored: boolean }
}

export const ISSUER = 'https://idp.corp.example'

/** Whom people of the engine sign in through: the last source. */
export function realmOf(sources: number): string {
  return `source-${sources - 1}`
}
