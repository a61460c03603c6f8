import type { Source } from '../../sources/config'
import type { SourceDetails } from '../../sources/details'
import { adfs } from './setup-guides/adfs'
import { entra } from './setup-guides/entra'
import { oidcFacts, samlFacts } from './setup-guides/facts'
import { generic } from './setup-guides/generic'
import { google } from './setup-guides/google'
import { keycloak } from './setup-guides/keycloak'
import { okta } from './setup-guides/okta'
import { onelogin } from './setup-guides/onelogin'
import type { ProductGuide, SetupStep } from './setup-guides/steps'

/** The products that have a guide, in the order in which they are offered. */
export const setupProducts: readonly ProductGuide[] = [
  ...[okta, entra, google, keycloak],
  ...[adfs, onelogin, generic],
]

/** How to set a source up in a product, step by step, in that product's own words. Holds no secret. */
export function setupGuide(product: ProductGuide, details: SourceDetails, source: Source): SetupStep[] {
  const steps =
    source.protocol === 'saml'
      ? product.saml(samlFacts(details, source))
      : product.oidc(oidcFacts(details, source))
  return steps.filter((one) => one !== undefined)
}
