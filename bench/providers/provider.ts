import type { SourceConfig } from '../../src/index'
import type { Profile } from '../people/fields'

/** An identity provider. It runs in the process of the bench, and not in that of an app. */
export interface Provider {
  /** The source through which the apps use it. */
  source: SourceConfig
  issuer: string
  /** Signs in a person whose browser was sent to `location`. */
  answer(location: string, profile: Profile): Promise<ProviderAnswer>
}

/** What the browser takes back to the app: a query by GET, or a form by POST. */
interface ProviderAnswer {
  query: string
  form?: Record<string, string>
}

/** What all sources of the bench have in common. */
export function sourceBase(id: string): Pick<SourceConfig, 'id' | 'provisioning' | 'syncing' | 'domains'> {
  return { id, provisioning: true, syncing: true, domains: [`${id}.corp.example`] }
}
