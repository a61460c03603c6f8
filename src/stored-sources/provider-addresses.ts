import { isIP } from 'node:net'
import { addressesOf } from '../outgoing/name-lookup'
import { checkedUrl, isLoopbackHost, rangeOf, type Reach } from '../outgoing/reach'
import type { OidcSource, SamlSource, Source } from '../sources/config'
import type { SourceProblem } from '../sources/option-problems'

/** How long a name may take to resolve, in milliseconds. */
const LOOKUP_MS = 2000

/**
 * The addresses that keep a source from being saved: those that are not https, and those that are private or
 * whose name resolves to a private address now. A name that doesn't resolve is accepted. Addresses that only a
 * browser visits may be private, which is every address of a SAML source. Never rejects.
 */
export async function refusedAddresses(source: Source): Promise<SourceProblem[]> {
  return source.protocol === 'saml' ? refusedSamlAddresses(source) : await refusedOidcAddresses(source)
}

function refusedSamlAddresses({ saml }: SamlSource): SourceProblem[] {
  return (['entryPoint', 'logoutUrl', 'logoutResponseUrl'] as const)
    .filter((option) => saml[option] !== undefined && !isSecure(saml[option], { loopback: true }))
    .map((option) => ({ option: `saml.${option}`, message: insecure }))
}

const insecure = 'must begin with https://'

async function refusedOidcAddresses(source: OidcSource): Promise<SourceProblem[]> {
  const { oidc } = source
  const reach = reachOf(source)
  const requested = ['issuer', 'tokenURL', 'userInfoURL', 'jwksURL'] as const
  const visited = ['authorizationURL', 'endSessionURL'] as const
  const exposed = [...requested, ...visited].filter((option) => {
    const address = oidc[option]
    return address !== undefined && !isSecure(address, reach)
  })
  const hidden = await Promise.all(
    requested.map(async (option) => {
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

/** Which addresses requests to this source's provider may go to. */
export function reachOf({ oidc }: OidcSource): Reach {
  return {
    privateAddresses: oidc.allowPrivateAddresses ?? false,
    loopback: isLoopbackHost(new URL(oidc.issuer).hostname),
  }
}

/** Whether an address is https, or may be http. */
export function isSecure(address: string, reach: Reach): boolean {
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

/** Every address of a name; none if it does not resolve in time. The request itself is guarded too. */
async function resolved(host: string): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<[]>((resolve) => {
    timer = setTimeout(() => resolve([]), LOOKUP_MS)
  })
  const addresses = addressesOf(host, { all: true }).then(
    (all) => all.map(({ address }) => address),
    () => [],
  )
  return await Promise.race([addresses, timeout]).finally(() => clearTimeout(timer))
}
