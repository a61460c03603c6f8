import { type DiscoveryDocument, discoveryDocument, keySet, unusableMembers } from '../oidc/documents'
import { isKeyFor, MIN_RSA_BITS, readableKeys, rsaBits } from '../oidc/keys'
import { configuredMetadata, discoveryAddress, quoted } from '../oidc/metadata'
import { type OidcProvider, providerOf, reachOf } from '../oidc/provider'
import { parseJson } from '../outgoing/json'
import type { OutgoingRequestError } from '../outgoing/request-error'
import { parseCertificate, STRONG_RSA_KEYS, weaknessOf } from '../sources/certificates'
import type { OidcSource, SamlSource, Source } from '../sources/config'
import { announcedWarnings, type Discovered } from './announced-warnings'
import { type CertificateState, certificateStates } from './certificate-states'
import { isPrivate, isSecure } from './provider-addresses'

/**
 * Warnings about the provider of a source, which don't keep the source from being saved: it does not answer, its
 * discovery document (OpenID Connect Discovery 4) does not fit the source, its certificates expire. Takes at most
 * 5 seconds per request. Never rejects.
 */
export async function checkProvider(source: Source, now: Date = new Date()): Promise<string[]> {
  return source.protocol === 'saml' ? samlWarnings(source, now) : await oidcWarnings(source)
}

function samlWarnings(source: SamlSource, now: Date): string[] {
  const { publicCert, decryptionCert } = source.saml
  const own = Object.entries({ publicCert, decryptionCert })
  return [
    ...certificateStates(source, now).flatMap(certificateWarnings),
    ...own.flatMap(([option, certificate]) => {
      const weakness =
        certificate === undefined ? undefined : weaknessOf(parseCertificate(certificate).publicKey)
      return weakness === undefined
        ? []
        : [`The certificate in ${option} has ${weakness}. Use ${STRONG_RSA_KEYS}.`]
    }),
  ]
}

function certificateWarnings({ subject, notAfter, notBefore, state, weakness }: CertificateState): string[] {
  const name = `The certificate of ${subject}`
  const day = notAfter.toISOString().slice(0, 10)
  if (weakness !== undefined) return [`${name} has ${weakness}: its signatures aren’t accepted.`]
  if (state === 'expired') return [`${name} expired on ${day}. Signatures by it are still accepted.`]
  if (state === 'expiring') return [`${name} expires on ${day}.`]
  if (state === 'upcoming')
    return [
      `${name} is valid from ${notBefore?.toISOString().slice(0, 10)}. Signatures by it are accepted already.`,
    ]
  return []
}

async function oidcWarnings(source: OidcSource): Promise<string[]> {
  if (configuredMetadata(source)) return await usageWarnings(source)
  const read = await readDiscovery(source)
  if ('problem' in read) return [read.problem]
  const broken = [
    ...issuerWarnings(source, read.document),
    ...(await endpointWarnings(source, read.document)),
  ]
  return broken.length > 0 ? broken : [...(await usageWarnings(source)), ...announcedWarnings(source, read)]
}

/** The discovery document as it came and as it is read, or a warning that there is none. */
async function readDiscovery(source: OidcSource): Promise<Discovered | { problem: string }> {
  const { discoveryURL } = source.oidc
  const who = discoveryURL === undefined ? 'The issuer' : 'The discovery URL'
  const remedy = discoveryURL === undefined ? 'Compare the issuer letter by letter.' : 'Check the address.'
  try {
    const headers = { Accept: 'application/json' }
    const { status, body } = await providerOf(source).send(discoveryAddress(source), { headers })
    const where = `where its discovery document should be. ${remedy}`
    if (status !== 200) return { problem: `${who} answered with status ${status} ${where}` }
    const announced = parseJson(body)
    const { data, error } = discoveryDocument.safeParse(announced)
    if (data) return { announced: announced as Discovered['announced'], document: data }
    const unusable = unusableMembers(error).join(', ')
    if (unusable !== '') return { problem: `The discovery document has no usable ${unusable}.` }
    return { problem: `What ${who.toLowerCase()} answered is not an OpenID Connect discovery document.` }
  } catch (error) {
    return { problem: requestWarning(who, error as OutgoingRequestError) }
  }
}

function requestWarning(who: string, { reason, message }: OutgoingRequestError): string {
  if (reason === 'forbidden') return `${who} cannot be asked: ${message}.`
  if (reason === 'timeout')
    return `${who} did not answer within five seconds. No one can sign in until it does.`
  if (reason === 'too_large') return 'The discovery document of the issuer is larger than 1 MiB.'
  return `${who} could not be reached. No one can sign in until it can. The cause: ${message}.`
}

/** Discovery 4.3: the issuer must be exactly the same. */
function issuerWarnings({ oidc }: OidcSource, document: DiscoveryDocument): string[] {
  if (document.issuer === oidc.issuer) return []
  const isSlash = document.issuer.replace(/\/$/, '') === oidc.issuer.replace(/\/$/, '')
  const remedy = isSlash
    ? `it is written ${oidc.issuer.endsWith('/') ? 'without' : 'with'} a slash at its end`
    : 'enter it exactly as the provider writes it'
  const names = `The provider uses ${quoted(document.issuer)}, and you entered ${quoted(oidc.issuer)}.`
  return [`The provider’s issuer differs from the one entered: ${remedy}. ${names}`]
}

async function endpointWarnings(source: OidcSource, document: DiscoveryDocument): Promise<string[]> {
  const { authorizationURL, tokenURL, jwksURL, userInfoURL, endSessionURL } = source.oidc
  const reach = reachOf(source)
  const needed = [
    ['an authorization endpoint', authorizationURL ?? document.authorization_endpoint],
    ['a token endpoint', tokenURL ?? document.token_endpoint],
    ['a key set', jwksURL ?? document.jwks_uri],
  ] as const
  const optional = [
    ['a UserInfo endpoint', userInfoURL ?? document.userinfo_endpoint],
    ['an end session endpoint', endSessionURL ?? document.end_session_endpoint],
  ] as const
  // A browser goes to the others, and the key set is read below.
  const requested = [needed[1], optional[0]]
  const isHidden = async (address: string | undefined): Promise<boolean> =>
    address !== undefined && isSecure(address, reach) && (await isPrivate(address, reach))
  const hidden = await Promise.all(
    requested.map(async ([name, address]) => ((await isHidden(address)) ? [name] : [])),
  )
  return [
    ...needed
      .filter(([, address]) => !address)
      .map(([name]) => `The provider announces no address for ${name}.`),
    ...[...needed, ...optional]
      .filter(([, address]) => address && !isSecure(address, reach))
      .map(([name]) => `The provider announces ${name} that is not https.`),
    ...hidden.flat().map((name) => `The provider announces ${name} at a private address.`),
  ]
}

/** Reads the metadata and the key set as a sign-in does, by the same rules. */
async function usageWarnings(source: OidcSource): Promise<string[]> {
  const provider = providerOf(source)
  try {
    const { idTokenAlgorithms, jwksURL } = await provider.metadata()
    return [
      ...(await keyWarnings(provider, { jwksURL, algorithms: idTokenAlgorithms })),
      ...(idTokenAlgorithms.length > 0 ? [] : [noAlgorithm]),
    ]
  } catch (error) {
    return [(error as Error).message]
  }
}

const noAlgorithm =
  'The provider signs ID tokens only with a shared secret or not at all; RS256 or better is needed.'

async function keyWarnings(
  provider: OidcProvider,
  { jwksURL, algorithms }: { jwksURL: string; algorithms: readonly string[] },
): Promise<string[]> {
  const unread = (cause: string): string[] => [
    `The key set of the provider could not be read. No one can sign in until it can. The cause: ${cause}.`,
  ]
  const answer = await provider.send(jwksURL).catch((error: OutgoingRequestError) => error)
  if (answer instanceof Error) return unread(answer.message)
  if (answer.status !== 200) return unread(`it was answered with status ${answer.status}`)
  const keys = readableKeys(keySet.safeParse(parseJson(answer.body)).data?.keys ?? [])
  if (keys.length === 0) return unread('it has no key that can be used')
  const fitting = keys.filter((key) => algorithms.some((algorithm) => isKeyFor(key, algorithm)))
  if (fitting.length === 0 && algorithms.length > 0)
    return [`The key set of the provider has no key for ${algorithms.join(', ')}. No one can sign in.`]
  return fitting.flatMap((key) => {
    const bits = rsaBits(key) ?? MIN_RSA_BITS
    if (bits >= MIN_RSA_BITS) return []
    const name = key.kid === undefined ? 'without kid' : quoted(key.kid)
    return [
      `The provider’s key ${name} has ${bits} bits. What an RSA key under ${MIN_RSA_BITS} bits signs is refused.`,
    ]
  })
}
