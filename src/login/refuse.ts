import { assertedEmail, type ReceivedField } from './received-fields'
import type { UserView } from './find-candidates'
import type { ErrorDetails, RefusalCode } from '../errors'
import { isEmailVouched, isInOwnDomain, linkingRefusal } from './linking'
import type { PlanInput } from './writable-fields'
import { pendingReason } from './plan-references'
import type { LoginPlan } from './result'

/** Why a sign-in is refused; undefined where it is not. `known`: the user who has this identity already. */
export function refuse(input: PlanInput, known: UserView | undefined): LoginPlan['refusal'] {
  const { source, arrived, candidates } = input
  if (!known && !isIdentified(input)) return identifierMissing(input)
  if (!isDomainAllowed(input, known !== undefined)) {
    return refusal('domain_refused', 'The e-mail address is not in a domain that this source may assert.')
  }
  if (candidates.users.length > 1) {
    return refusal('ambiguous_user', 'The login identifiers belong to more than one user.', {
      paths: [...new Set(candidates.users.flatMap(({ matchedBy }) => matchedBy))],
    })
  }
  const [user] = candidates.users
  if (user && !user.active) return refusal('user_inactive', 'This user is not active.')
  if (user && !known) {
    const reason = linkingRefusal(source, arrived, user)
    return reason ? refusal('linking_refused', reason, { paths: [...user.matchedBy] }) : undefined
  }
  return user ? undefined : refuseCreation(input)
}

function refuseCreation(input: PlanInput): LoginPlan['refusal'] {
  const { source, fields, arrived, blocked } = input
  if (!source.provisioning) {
    return refusal('provisioning_disabled', 'There is no such user, and this source does not create users.')
  }
  const taken = usableIdentifiers(input).filter(({ field }) => blocked.get(field.path)?.code === 'conflict')
  if (taken.length > 0) {
    return refusal('linking_refused', 'A login identifier belongs to a user who cannot be linked.', {
      paths: taken.map(({ field }) => field.path),
    })
  }
  const missing = fields.filter((field) => {
    const { state } = arrived.fields.get(field.path)!
    const fit = state === 'value' && !blocked.has(field.path)
    const optional = field.hasDefault && (state === 'absent' || state === 'empty')
    // What is to find people again has to be what was asserted.
    const asserted = state === 'value' && source.identifiers.includes(field.path)
    return (field.required || asserted) && !fit && !optional
  })
  if (missing.length > 0) {
    const labels = missing.map(({ label }) => label).join(', ')
    const pending = missing.flatMap(({ path }) => {
      const one = arrived.fields.get(path)!
      return one.state === 'reference' && one.holders ? ` ${pendingReason(one, one.holders)}` : []
    })
    return missingFields(
      input,
      `No user is created without ${labels}.${pending.join('')}`,
      missing.map(({ path }) => path),
    )
  }
  const unfilled = [...blocked].flatMap(([path, { code }]) => (code === 'unfilled' ? path : []))
  if (unfilled.length > 0) {
    const message = `The user model demands ${unfilled.join(', ')}, and nothing that arrived fills it.`
    return missingFields(input, message, unfilled)
  }
  // Without a lasting subject the next sign-in would find the new user by identifiers alone, under `linking`.
  if (arrived.subject !== null) return undefined
  const lost =
    linkingRefusal(source, arrived, newcomer(input)) ??
    (isEmailVouched(source, arrived) ? undefined : 'Nobody vouches for the e-mail address.')
  if (lost === undefined) return undefined
  return refusal('linking_refused', `A transient subject can only return by its identifiers. ${lost}`)
}

function missingFields({ arrived }: PlanInput, message: string, paths: string[]): LoginPlan['refusal'] {
  return refusal('required_field_missing', message, {
    expected: paths.flatMap((path) => arrived.fields.get(path)?.attribute ?? []),
    received: shown(arrived.received),
    paths,
  })
}

function newcomer(input: PlanInput): UserView {
  const matchedBy = usableIdentifiers(input).map(({ field }) => field.path)
  return { active: true, identities: [], values: new Map(), references: new Map(), matchedBy }
}

function usableIdentifiers({ source, arrived }: PlanInput): Extract<ReceivedField, { state: 'value' }>[] {
  return source.identifiers.flatMap((path) => {
    const one = arrived.fields.get(path)
    return one?.state === 'value' ? [one] : []
  })
}

/** An identifier that arrived but cannot be read may be anybody's: then the others do not count either. */
function isIdentified(input: PlanInput): boolean {
  const unreadable = input.source.identifiers.some(
    (path) => input.arrived.fields.get(path)?.state === 'invalid',
  )
  return !unreadable && usableIdentifiers(input).length > 0
}

function identifierMissing({ source, arrived }: PlanInput): NonNullable<LoginPlan['refusal']> {
  const expected = source.identifiers.map((path) => arrived.fields.get(path)!.attribute)
  return refusal(
    'identifier_missing',
    `No login identifier arrived that can be used (${expected.join(', ')}).`,
    {
      expected,
      received: shown(arrived.received),
      paths: [...source.identifiers],
    },
  )
}

function isDomainAllowed({ source, arrived }: PlanInput, known: boolean): boolean {
  if (source.domains.length === 0 || isInOwnDomain(source, arrived)) return true
  const state = assertedEmail(arrived)?.state ?? 'absent'
  return known && (state === 'absent' || state === 'empty')
}

function refusal(
  code: RefusalCode,
  message: string,
  details: ErrorDetails = {},
): NonNullable<LoginPlan['refusal']> {
  return { code, message, details }
}

/** Attribute names for a page or a log: as many and as long as somebody can read. */
function shown(names: readonly string[]): string[] {
  return names.slice(0, 100).map((name) => (name.length > 256 ? `${name.slice(0, 256)}…` : name))
}
