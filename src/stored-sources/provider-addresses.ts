import { reachOf } from '../oidc/provider'
import { promptAddressesOf } from '../outgoing/name-lookup'
import { checkedUrl, isWithinReach, type Reach, withoutBrackets } from '../outgoing/reach'
import type { OidcSource, SamlSource, Source } from '../sources/config'
import type { SourceProblem } from '../sources/option-problems'

/**
 * The addresses that keep a source from being saved: those that are not https, and those that are private or
 * whose name resolves to a private address now. A name that doesn't resolve is accepted. Addresses that only a
 * browser visits may be private, which is every address of a SAML source. Never rejects.
 */
export async function refusedAddresses(source: Source): Promise<SourceProblem[]> {
  return source.protocol === 'saml' ? refusedSamlAddresses(source) : await refusedOidcAddresses(source)
}

type PlacedAddress = [option: string, address: string]

/** Every address of a source's provider that is set, by its place in SourceConfig. */
export function providerAddresses(source: Source): PlacedAddress[] {
  const { protocol } = source
  const names = protocol === 'saml' ? samlVisited : [...requested, ...visited]
  const options = (protocol === 'saml' ? source.saml : source.oidc) as Record<string, unknown>
  return names.flatMap((name): PlacedAddress[] => {
    const address = options[name]
    return typeof address === 'string' ? [[`${protocol}.${name}`, address]] : []
  })
}

/** Whether the app's server calls the address of this option. A browser visits the others. */
export function isRequested(option: string): boolean {
  return requested.some((name) => option === `oidc.${name}`)
}

/** Problems with addresses that are out of reach, those that only a browser visits too. */
export async function outOfReach(
  addresses: readonly PlacedAddress[],
  reach: Reach,
): Promise<SourceProblem[]> {
  const problems = addresses.map(async ([option, address]): Promise<SourceProblem[]> => {
    if (!isSecure(address, reach)) return [{ option, message: insecure }]
    return (await isPrivate(address, reach)) ? [{ option, message: hidden }] : []
  })
  return (await Promise.all(problems)).flat()
}

const samlVisited = ['entryPoint', 'logoutUrl', 'logoutResponseUrl'] as const
const requested = ['issuer', 'discoveryURL', 'tokenURL', 'userInfoURL', 'jwksURL'] as const
const visited = ['authorizationURL', 'endSessionURL'] as const

function refusedSamlAddresses({ saml }: SamlSource): SourceProblem[] {
  return samlVisited
    .filter((option) => saml[option] !== undefined && !isSecure(saml[option], { loopback: true }))
    .map((option) => ({ option: `saml.${option}`, message: insecure }))
}

const insecure = 'must begin with https://'
const hidden = 'points to a private address'

async function refusedOidcAddresses(source: OidcSource): Promise<SourceProblem[]> {
  const { oidc } = source
  const reach = reachOf(source)
  const exposed = [...requested, ...visited].filter((option) => {
    const address = oidc[option]
    return address !== undefined && !isSecure(address, reach)
  })
  const outside = await Promise.all(
    requested.map(async (option) => {
      const address = oidc[option]
      const refused = address !== undefined && !exposed.includes(option) && (await isPrivate(address, reach))
      return refused ? [option] : []
    }),
  )
  return [
    ...exposed.map((option) => ({ option: `oidc.${option}`, message: insecure })),
    ...outside.flat().map((option) => ({ option: `oidc.${option}`, message: hidden })),
  ]
}

/** Whether an address is https, or may be http. */
export function isSecure(address: string, reach: Reach): boolean {
  try {
    return Boolean(checkedUrl(address, reach))
  } catch {
    return false
  }
}

/** Whether an address is out of reach: private, or its name resolves to a private one now. */
export async function isPrivate(address: string, reach: Reach): Promise<boolean> {
  const url = new URL(address)
  const ips = await promptAddressesOf(withoutBrackets(url.hostname))
  return ips.some((ip) => !isWithinReach(ip, url, reach))
}
