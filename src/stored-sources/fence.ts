import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { isLoopbackHost } from '../outgoing/reach'
import type { AuthorityOrder } from '../sources/authority'
import type { Source, SourceConfig } from '../sources/config'
import { optionsByPlace } from '../sources/option-places'
import type { SourceProblem } from '../sources/option-problems'
import type { SourceView } from '../sources/registry'
import { isRequested, outOfReach, providerAddresses } from './provider-addresses'

/** What an admin of one organization may not do to its sources. */
export class Fence {
  constructor(
    readonly organization: string,
    private readonly baseUrl: string,
  ) {}

  /**
   * A new source, and what it is compared with: it is in this organization, under an id that tells nothing of other ids.
   * An id or an organization that was entered is a change.
   */
  newSource(entered: SourceConfig): { before?: SourceConfig; config: SourceConfig } {
    const own = { id: newId(entered.label), organization: this.organization }
    return { before: own as SourceConfig, config: { ...own, ...entered } }
  }

  /** Problems with the options of the team that an edit would change. */
  teamProblems(before: unknown, after: SourceConfig): SourceProblem[] {
    const { protocol } = after
    if (protocol !== 'saml' && protocol !== 'oidc') return []
    return [...optionsByPlace(protocol)]
      .filter(
        ([place, { team }]) => team && !isDeepStrictEqual(valueAt(before, place), valueAt(after, place)),
      )
      .map(([option]) => ({
        option,
        message: 'only the team that runs this app can set it; leave it as it is',
      }))
  }

  /**
   * Problems with the provider's addresses that an edit changes: each has to be public, or loopback where the app itself
   * is. Nobody but the team points a source elsewhere that may call private addresses.
   */
  async addressProblems(before: SourceConfig | undefined, after: Source): Promise<SourceProblem[]> {
    const reach = { loopback: isLoopbackHost(new URL(this.baseUrl).hostname) }
    const changed = providerAddresses(after).filter(
      ([option, address]) => valueAt(before, option) !== address,
    )
    if (before && callsPrivate(before, reach)) {
      const moved = changed.filter(([option]) => isRequested(option))
      if (moved.length > 0) return moved.map(([option]) => ({ option, message: closed }))
    }
    return outOfReach(changed, reach)
  }
}

const closed =
  'this source may call private addresses; only the team that runs this app can change whom it calls'

/** Whether requests for this source may go where those of this fence may not. */
function callsPrivate({ oidc }: SourceConfig, { loopback }: { loopback: boolean }): boolean {
  if (!oidc) return false
  const isLocal = URL.canParse(oidc.issuer) && isLoopbackHost(new URL(oidc.issuer).hostname)
  return oidc.allowPrivateAddresses === true || (isLocal && !loopback)
}

/** Made from the label. The ending is random, so that an id never has to be refused as another organization's. */
function newId(label: unknown): string {
  const words = (typeof label === 'string' ? label : '').normalize('NFKD').toLowerCase()
  const name = words
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 40)
    .replace(/^-|-$/g, '')
  return `${name === '' ? 'source' : name}-${randomBytes(6).toString('hex')}`
}

function valueAt(config: unknown, place: string): unknown {
  return place
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], config)
}

/** The order of authority among the sources in view. */
export function visibleAuthority(authority: AuthorityOrder, { find }: SourceView): AuthorityOrder {
  const orders = [...authority].map(([path, ids]): [string, string[]] => [path, ids.filter((id) => find(id))])
  return new Map(orders.filter(([, ids]) => ids.length > 0))
}
