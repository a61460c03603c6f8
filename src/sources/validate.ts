import type { Field } from '../fields/catalog'
import { isLoopbackHost } from '../outgoing/reach'
import { completeSource } from './complete-source'
import type { Protocol, Source, SourceConfig } from './config'
import { fieldProblems } from './field-problems'
import { generalOptions } from './general-options'
import { protocolOptions, secretOptions } from './option-places'
import { checkOf, type SourceProblem } from './option-problems'
import { holdsPrivateKey } from './secret-text'

/** The source with every default filled in, or every problem with it. */
export type Validated =
  { source: Source; problems?: undefined } | { source?: undefined; problems: SourceProblem[] }

const checkGeneral = checkOf(generalOptions)
const checkOptions = {
  saml: checkOf(protocolOptions.saml, 'saml'),
  oidc: checkOf(protocolOptions.oidc, 'oidc'),
}

/** Checks one source against the model's fields. The app's own object is neither kept nor changed. */
export function validateSource(config: unknown, fields: readonly Field[], baseUrl: string): Validated {
  const members = typeof config === 'object' && config !== null ? config : {}
  const { saml, oidc, ...rest } = members as Partial<SourceConfig>
  const general = checkGeneral(rest)
  const protocol = checkProtocol(rest.protocol, { saml, oidc })
  const misplaced = misplacedKeys(members)
  const others = [
    ...general.problems,
    ...protocol.problems,
    ...enforcedProblems(rest),
    ...(protocol.options ? fieldProblems(validOptions(rest, general.problems), fields) : []),
  ]
  const isMisplaced = ({ option }: SourceProblem): boolean => misplaced.some((key) => key.option === option)
  const problems = [...misplaced, ...others.filter((problem) => !isMisplaced(problem))]
  if (problems.length > 0) return { problems }
  return { source: completeSource({ ...general.data, ...protocol.options } as SourceConfig, baseUrl) }
}

function enforcedProblems({ enforced, domains }: Partial<SourceConfig>): SourceProblem[] {
  if (enforced !== true || (Array.isArray(domains) && domains.length > 0)) return []
  return [
    {
      option: 'enforced',
      message: 'needs `domains`: people with addresses in these domains have to sign in here',
    },
  ]
}

/** The options without a problem, so that their field names are checked even when something else is wrong. */
function validOptions(options: object, problems: readonly SourceProblem[]): SourceConfig {
  const wrong = problems.map(({ option }) => option.split('.')[0])
  return Object.fromEntries(Object.entries(options).filter(([name]) => !wrong.includes(name))) as never
}

/** `options` is undefined if there are none to check. */
type CheckedProtocol = { options?: Pick<SourceConfig, 'saml' | 'oidc'>; problems: SourceProblem[] }

function checkProtocol(protocol: unknown, byProtocol: Record<Protocol, unknown>): CheckedProtocol {
  if (protocol !== 'saml' && protocol !== 'oidc') return { problems: [] }
  const other = protocol === 'saml' ? 'oidc' : 'saml'
  const misplaced = byProtocol[other]
    ? [{ option: other, message: `this source's protocol is ${protocol}; remove these options` }]
    : []
  const options = byProtocol[protocol]
  if (typeof options !== 'object' || options === null) {
    const message = 'missing; a source of this protocol needs these options'
    return { problems: [...misplaced, { option: protocol, message }] }
  }
  const { data, problems } = checkOptions[protocol](options)
  const insecure = protocol === 'oidc' && data ? insecureIssuer(data['issuer'] as string) : []
  return { options: { [protocol]: data }, problems: [...misplaced, ...problems, ...insecure] }
}

/** Only secret options are encrypted, but people often keep a certificate and its key in one file. */
function misplacedKeys(value: unknown, place: string[] = []): SourceProblem[] {
  const option = place.join('.')
  if (typeof value === 'object' && value !== null && !Buffer.isBuffer(value)) {
    return Object.entries(value).flatMap(([name, member]) => misplacedKeys(member, [...place, name]))
  }
  if (!holdsPrivateKey(value) || secretOptions.some((secret) => secret === option)) return []
  return [{ option, message: 'contains a private key; remove the key' }]
}

function insecureIssuer(issuer: string): SourceProblem[] {
  const { protocol, hostname } = new URL(issuer)
  if (protocol === 'https:' || isLoopbackHost(hostname)) return []
  const message = 'must be https (http is for an issuer on loopback, in development)'
  return [{ option: 'oidc.issuer', message }]
}
