import type { DiscoveryDocument } from '../oidc/documents'
import { quoted } from '../oidc/metadata'
import type { OidcSource } from '../sources/config'

/** A discovery document as the provider sent it, and as it is read. */
export interface Discovered {
  announced: Readonly<Record<string, unknown>>
  document: DiscoveryDocument
}

/**
 * Warnings about what a discovery document announces (OpenID Connect Discovery 3, RFC 8414 2) and this library cannot do,
 * and about what sign-ins send although it is not announced. A provider that announces nothing gets none, except for PKCE.
 */
export function announcedWarnings(source: OidcSource, { announced, document }: Discovered): string[] {
  return [
    ...(document.code_challenge_methods_supported?.includes('S256') ? [] : [noPkce]),
    ...flowWarnings(document),
    ...authenticationWarnings(source, document),
    ...valueWarnings(source, document),
    ...ignoredWarnings(announced, document),
  ]
}

const noPkce =
  'The provider does not announce PKCE with S256. It’s sent anyway, and most providers accept it.'

/** What every sign-in does, or none can. */
function flowWarnings(document: DiscoveryDocument): string[] {
  const { response_types_supported: types, grant_types_supported: grants } = document
  const problems: [applies: boolean | undefined, warning: string][] = [
    [
      types && !types.includes('code'),
      'The provider does not announce the response type "code", which every sign-in uses.',
    ],
    [
      grants && !grants.includes('authorization_code'),
      'The provider does not announce the grant type "authorization_code", which every sign-in uses.',
    ],
    [
      document.require_pushed_authorization_requests,
      'The provider accepts only pushed authorization requests (PAR), which are not supported. Turn the requirement off there.',
    ],
    [
      document.require_signed_request_object,
      'The provider accepts only signed request objects, which are not supported. Turn the requirement off there.',
    ],
  ]
  return problems.filter(([applies]) => applies).map(([, warning]) => warning)
}

/** OpenID Connect Core 9, by the rules of a sign-in: the chosen method, else one that is announced. */
function authenticationWarnings({ oidc }: OidcSource, document: DiscoveryDocument): string[] {
  const { token_endpoint_auth_methods_supported: methods } = document
  if (!methods) return []
  const secretMethods = ['client_secret_basic', 'client_secret_post']
  const chosen = oidc.tokenEndpointAuthMethod
  const usable = chosen ? [chosen] : oidc.clientSecret === undefined ? ['none'] : secretMethods
  if (usable.some((method) => methods.includes(method))) return []
  const sent = usable.length > 1 ? 'client_secret_basic or client_secret_post' : usable.join()
  const accepted = methods.map(quoted).join(', ')
  return [
    `The provider accepts only ${accepted} for client authentication. This source uses ${sent}. Allow it at the provider, or no one can sign in.`,
  ]
}

/** Values of the source's options that the provider does not announce. */
function valueWarnings({ oidc }: OidcSource, document: DiscoveryDocument): string[] {
  const sent: [what: string, values: string[], announced: string[] | undefined][] = [
    ['scope', oidc.scope.split(' '), document.scopes_supported],
    ['response mode', oidc.responseMode ? [oidc.responseMode] : [], document.response_modes_supported],
    ['prompt', oidc.prompt ? oidc.prompt.split(' ') : [], document.prompt_values_supported],
    [
      'authentication context',
      oidc.acrValues ? oidc.acrValues.split(' ') : [],
      document.acr_values_supported,
    ],
  ]
  return sent.flatMap(([what, values, announced]) =>
    values
      .filter((value) => announced && !announced.includes(value))
      .map((value) => `The provider does not announce the ${what} "${value}", and may refuse it.`),
  )
}

/** Members of a wrong type count as absent. */
function ignoredWarnings(announced: Discovered['announced'], document: DiscoveryDocument): string[] {
  const ignored = Object.entries(document)
    .filter(([name, value]) => value === undefined && (announced[name] ?? undefined) !== undefined)
    .map(([name]) => name)
  return ignored.length === 0
    ? []
    : [`The provider announces ${ignored.join(', ')} in a wrong form, which is ignored.`]
}
