import { isIP } from 'node:net'
import { z } from 'zod'
import { JitError } from '../errors'
import { parseJson } from '../outgoing/json'
import { checkedUrl, isLoopbackHost, rangeOf, type Reach } from '../outgoing/reach'
import type { OutgoingRequestError } from '../outgoing/request-error'
import { addressesOf } from '../outgoing/name-lookup'
import { providerOf } from '../oidc/provider'
import type { OidcSource, SamlSource, Source } from '../sources/config'
import { type CertificateDescription, describeCertificate, parseCertificate } from '../sources/certificates'
import type { SourceProblem } from '../sources/validate'

/** How long before its end a certificate counts as expiring, in days. */
export const EXPIRY_NOTICE_DAYS = 21

const DAY = 24 * 60 * 60 * 1000

/** How long a name may take to resolve, in milliseconds. */
const LOOKUP_TIME = 2000

export interface CertificateState extends CertificateDescription {
  state: 'valid' | 'expiring' | 'expired'
}

/** The signing certificates of a SAML source's identity provider; none for OpenID Connect. */
export function certificateStates(source: Source, now: Date = new Date()): CertificateState[] {
  if (source.protocol !== 'saml') return []
  return [source.saml.idpCert].flat().map((certificate) => {
    const described = describeCertificate(parseCertificate(certificate))
    const left = described.notAfter.getTime() - now.getTime()
    const state = left <= 0 ? 'expired' : left <= EXPIRY_NOTICE_DAYS * DAY ? 'expiring' : 'valid'
    return { ...described, state }
  })
}

/**
 * What an admin should know about the provider of a source that is saved all the same, in sentences: it does
 * not answer, its discovery document (OpenID Connect Discovery 4) says what does not fit, its certificates
 * end. Takes 5 seconds per request at most. Never rejects.
 */
export async function checkProvider(source: Source, now: Date = new Date()): Promise<string[]> {
  return source.protocol === 'saml' ? samlWarnings(source, now) : await oidcWarnings(source)
}

function samlWarnings(source: SamlSource, now: Date): string[] {
  return certificateStates(source, now).flatMap(({ subject, notAfter, state }) => {
    const day = notAfter.toISOString().slice(0, 10)
    if (state === 'expired') return [`The certificate of ${subject} expired on ${day}.`]
    if (state === 'expiring') return [`The certificate of ${subject} expires on ${day}.`]
    return []
  })
}

const announcements = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string().nullish(),
  token_endpoint: z.string().nullish(),
  jwks_uri: z.string().nullish(),
  userinfo_endpoint: z.string().nullish(),
  scopes_supported: z.array(z.string()).nullish(),
  response_types_supported: z.array(z.string()).nullish(),
  code_challenge_methods_supported: z.array(z.string()).nullish(),
})

type Announcements = z.infer<typeof announcements>

const keySet = z.object({ keys: z.array(z.object({ kty: z.string() })).min(1) })

async function oidcWarnings(source: OidcSource): Promise<string[]> {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL } = source.oidc
  const isDiscovered = !(authorizationURL && tokenURL && jwksURL && userInfoURL)
  if (!isDiscovered) return await usageWarnings(source)
  const document = await readAnnouncements(source)
  if (typeof document === 'string') return [document]
  const broken = [...issuerWarnings(source, document), ...endpointWarnings(source, document)]
  return broken.length > 0
    ? broken
    : [...(await usageWarnings(source)), ...announcedWarnings(source, document)]
}

/** The discovery document, or why there is none. */
async function readAnnouncements(source: OidcSource): Promise<Announcements | string> {
  const address = `${source.oidc.issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  try {
    const { status, body } = await providerOf(source).send(address, {
      headers: { Accept: 'application/json' },
    })
    if (status !== 200)
      return `The issuer answered with status ${status} where its discovery document should be. Compare the issuer letter by letter.`
    const { data } = announcements.safeParse(parseJson(body))
    return data ?? 'What the issuer answered is not an OpenID Connect discovery document.'
  } catch (error) {
    return unansweredWords[(error as OutgoingRequestError).reason] ?? unansweredWords.unreachable
  }
}

const unansweredWords: Record<OutgoingRequestError['reason'], string> = {
  forbidden: 'The issuer is not https, or its address is private.',
  unreachable: 'The issuer could not be reached. Nobody can sign in until it can.',
  timeout: 'The issuer did not answer within five seconds. Nobody can sign in until it does.',
  too_large: 'The discovery document of the issuer is larger than 1 MiB.',
}

/** Discovery 4.3: the issuer must be the very same. */
function issuerWarnings({ oidc }: OidcSource, document: Announcements): string[] {
  if (document.issuer === oidc.issuer) return []
  const isSlash = document.issuer.replace(/\/$/, '') === oidc.issuer.replace(/\/$/, '')
  const remedy = isSlash
    ? `it is written ${oidc.issuer.endsWith('/') ? 'without' : 'with'} a slash at its end`
    : 'enter it exactly as the provider writes it'
  return [`The provider gives itself another issuer than was entered: ${remedy}.`]
}

function endpointWarnings(source: OidcSource, document: Announcements): string[] {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL } = source.oidc
  const endpoints: [name: string, address: string | null | undefined, needed: boolean][] = [
    ['an authorization endpoint', authorizationURL ?? document.authorization_endpoint, true],
    ['a token endpoint', tokenURL ?? document.token_endpoint, true],
    ['a key set', jwksURL ?? document.jwks_uri, true],
    ['a UserInfo endpoint', userInfoURL ?? document.userinfo_endpoint, false],
  ]
  return endpoints.flatMap(([name, address, needed]) => {
    if (!address) return needed ? [`The provider announces no address of ${name}.`] : []
    return isSecure(address, reachOf(source)) ? [] : [`The provider announces ${name} that is not https.`]
  })
}

/** What a sign-in would meet: the same metadata and the same key set, by the same rules. */
async function usageWarnings(source: OidcSource): Promise<string[]> {
  const provider = providerOf(source)
  try {
    const { idTokenAlgorithms, jwksURL } = await provider.metadata()
    const hasKeys = await provider.send(jwksURL).then(
      ({ status, body }) => status === 200 && keySet.safeParse(parseJson(body)).success,
      () => false,
    )
    return [
      ...(hasKeys ? [] : ['The key set of the provider could not be read. Nobody can sign in until it can.']),
      ...(idTokenAlgorithms.length > 0
        ? []
        : [
            'The provider signs ID tokens only with a shared secret or not at all; RS256 or better is needed.',
          ]),
    ]
  } catch (error) {
    return [error instanceof JitError ? error.message : unansweredWords.unreachable]
  }
}

/** RFC 7636 4.2, RFC 8414 2: what is announced lacks what every sign-in sends. */
function announcedWarnings({ oidc }: OidcSource, document: Announcements): string[] {
  const { scopes_supported: scopes, response_types_supported: types } = document
  const unknown = scopes ? oidc.scope.split(' ').filter((scope) => !scopes.includes(scope)) : []
  return [
    ...(document.code_challenge_methods_supported?.includes('S256')
      ? []
      : [
          'The provider does not announce PKCE with S256. It is sent all the same, and most providers accept it.',
        ]),
    ...(types && !types.includes('code')
      ? ['The provider does not announce the response type "code", which every sign-in uses.']
      : []),
    ...unknown.map((scope) => `The provider does not announce the scope "${scope}", and may refuse it.`),
  ]
}

/**
 * Why a source must not be saved: addresses of its provider that are not https, or private (also by what
 * their names resolve to now; a name that does not resolve is not refused). Addresses that only a browser
 * visits may be private, so all those of a SAML source. Ask before saving. Never rejects.
 */
export async function refusedAddresses(source: Source): Promise<SourceProblem[]> {
  return source.protocol === 'saml' ? refusedSamlAddresses(source) : await refusedOidcAddresses(source)
}

function refusedSamlAddresses({ saml }: SamlSource): SourceProblem[] {
  return (['entryPoint', 'logoutUrl'] as const)
    .filter((option) => saml[option] !== undefined && !isSecure(saml[option], { loopback: true }))
    .map((option) => ({ option: `saml.${option}`, message: insecure }))
}

const insecure = 'must begin with https://'

async function refusedOidcAddresses(source: OidcSource): Promise<SourceProblem[]> {
  const { oidc } = source
  const reach = reachOf(source)
  const asked = ['issuer', 'tokenURL', 'userInfoURL', 'jwksURL'] as const
  const visited = ['authorizationURL', 'endSessionURL'] as const
  const exposed = [...asked, ...visited].filter((option) => {
    const address = oidc[option]
    return address !== undefined && !isSecure(address, reach)
  })
  const hidden = await Promise.all(
    asked.map(async (option) => {
      const address = oidc[option]
      const refused = address !== undefined && !exposed.includes(option) && (await isPrivate(address, reach))
      return refused ? [option] : []
    }),
  )
  return [
    ...exposed.map((option) => ({ option: `oidc.${option}`, message: insecure })),
    ...hidden.flat().map((option) => ({ option: `oidc.${option}`, message: 'points to a private address' })),
  ]
}

/** As of every request to this source's provider. */
function reachOf({ oidc }: OidcSource): Reach {
  return {
    privateAddresses: oidc.allowPrivateAddresses ?? false,
    loopback: isLoopbackHost(new URL(oidc.issuer).hostname),
  }
}

function isSecure(address: string, reach: Reach): boolean {
  try {
    return Boolean(checkedUrl(address, reach))
  } catch {
    return false
  }
}

async function isPrivate(address: string, reach: Reach): Promise<boolean> {
  if (reach.privateAddresses) return false
  const host = new URL(address).hostname.replace(/^\[|\]$/g, '')
  const ips = isIP(host) !== 0 ? [host] : await resolved(host)
  return ips.some((ip) => rangeOf(ip) !== 'unicast' && !(reach.loopback && isLoopbackHost(ip)))
}

/** Every address of a name; none where it does not resolve in time, since the request itself is guarded too. */
async function resolved(host: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOKUP_TIME)
  })
  const found = addressesOf(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  return await Promise.race([found, late]).finally(() => clearTimeout(timer))
}
