import type { Source } from '../../sources/config'
import type { SourceDetails } from '../../sources/details'

export type SetupProduct = 'okta' | 'entra' | 'google' | 'keycloak' | 'adfs' | 'onelogin' | 'generic'

/** The products that have a guide, in the order in which they are offered. */
export const setupProducts: readonly { id: SetupProduct; name: string }[] = [
  { id: 'okta', name: 'Okta' },
  { id: 'entra', name: 'Microsoft Entra ID' },
  { id: 'google', name: 'Google Workspace' },
  { id: 'keycloak', name: 'Keycloak' },
  { id: 'adfs', name: 'AD FS' },
  { id: 'onelogin', name: 'OneLogin' },
  { id: 'generic', name: 'Another identity provider' },
]

/** One thing to do in a product's console. Plain text throughout. */
export interface SetupStep {
  title: string
  text: string
  /** What to enter, each under the name that the product gives it; in order, and maybe none. */
  values: { name: string; value: string }[]
}

/** How to set a source up in a product, step by step, in that product's own words. Holds no secret. */
export function setupGuide(_product: SetupProduct, _details: SourceDetails, _source: Source): SetupStep[] {
  return []
}
