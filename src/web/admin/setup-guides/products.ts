import type { Source } from '../../../sources/config'
import type { SourceDetails } from '../../../sources/details'
import { adfs } from './adfs'
import { entra } from './entra'
import { oidcFacts, samlFacts } from './facts'
import { generic } from './generic'
import { google } from './google'
import { fillSteps, type ProductGuide, type SetupStep } from './guide'
import { keycloak } from './keycloak'
import { okta } from './okta'
import { onelogin } from './onelogin'

/** The products that have a guide, in the order of the page. */
export const setupProducts: readonly ProductGuide[] = [okta, entra, google, keycloak, adfs, onelogin, generic]

/** The steps that set a source up in a product. They hold no secret. */
export function setupGuide(product: ProductGuide, details: SourceDetails, source: Source): SetupStep[] {
  const { saml, oidc, usualSources } = product
  return source.protocol === 'saml'
    ? fillSteps(saml.steps, samlFacts(details, source, saml), usualSources)
    : fillSteps(oidc.steps, oidcFacts(details, source, oidc), usualSources)
}
