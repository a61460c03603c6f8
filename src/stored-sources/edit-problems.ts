import { isDeepStrictEqual } from 'node:util'
import type { SourceConfig } from '../sources/config'
import type { SourceProblem } from '../sources/option-problems'
import { separateSecrets } from '../sources/public-config'
import { type OpenedRecord, unopenedProblem } from './source-store'

/** Paths of the admin area, which hide the page of a source. */
const reservedIds = ['new', 'api', 'assets']

/** Problems with a new source that validating it cannot find. */
export function createProblems({ id, attributes }: SourceConfig): SourceProblem[] {
  return [
    ...problemIf(reservedIds.includes(id), 'id', 'this id is an address of the admin area; choose another'),
    ...problemIf(attributes !== undefined, 'attributes', attributesRule),
  ]
}

const attributesRule =
  'attribute names can be set in code only; the identity provider must send the names that are shown'

function problemIf(applies: boolean, option: string, message: string): SourceProblem[] {
  return applies ? [{ option, message }] : []
}

/** Problems with a change that validating the patched source cannot find. */
export function patchProblems(
  { config, unopened }: OpenedRecord,
  patch: unknown,
  patched: SourceConfig,
): SourceProblem[] {
  const before = config as SourceConfig
  const { secrets } = separateSecrets(patch)
  return [
    ...unopened.filter((option) => !secrets.has(option)).map(unopenedProblem),
    ...problemIf(patched.id !== before.id, 'id', 'it is permanent, since identities carry it'),
    ...problemIf(
      patched.protocol !== before.protocol,
      'protocol',
      'it cannot be changed; add another source',
    ),
    ...problemIf(
      !isDeepStrictEqual(patched.attributes ?? {}, before.attributes ?? {}),
      'attributes',
      attributesRule,
    ),
    ...problemIf(
      !secrets.has('oidc.clientSecret') && sendsSecretElsewhere(before, patched),
      'oidc.clientSecret',
      'enter it again, since it would be sent to a different server',
    ),
  ]
}

/** An admin need not know the secret, and could read it at a token endpoint of their own, or one that they announce. */
function sendsSecretElsewhere({ oidc: before }: SourceConfig, { oidc: after }: SourceConfig): boolean {
  if (!before || after?.clientSecret === undefined) return false
  const issuer = originOf(before.issuer)
  const discovery = originOf(before.discoveryURL)
  const trusted: [address: unknown, origins: unknown[]][] = [
    [after.issuer, [issuer]],
    [after.discoveryURL, [issuer, discovery]],
    [after.tokenURL, [issuer, discovery, originOf(before.tokenURL)]],
  ]
  return trusted.some(([address, origins]) => {
    const origin = originOf(address)
    return origin !== undefined && !origins.includes(origin)
  })
}

function originOf(address: unknown): string | undefined {
  return typeof address === 'string' && URL.canParse(address) ? new URL(address).origin : undefined
}
