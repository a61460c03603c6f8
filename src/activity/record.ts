import type { Field } from '../fields/catalog'
import type { JitError } from '../errors'
import type { LoginResult } from '../login/result'
import { userLabel } from '../login/user-label'
import type { ActivityEntry } from './entry'

/** The entry for a sign-in. It has the values of changed fields only if `values` is true. */
export function signInEntry(
  source: string,
  { outcome, user, changes, notices, organization }: LoginResult,
  { fields, values }: { fields: readonly Field[]; values: boolean },
): ActivityEntry {
  const id = String(user._id)
  const label = userLabel(fields, (path) => user.get(path, null, { getters: false }) as unknown)
  return {
    source,
    ...(organization !== undefined && { organization }),
    at: new Date(),
    outcome,
    user: { id, label: label === undefined ? id : shortened(label) },
    changes: changes.map(({ path, label, from, to }) => ({
      ...{ path, label },
      ...(values && { from: storable(from), to: storable(to) }),
    })),
    notices: notices.map(({ code, path, attribute }) => ({
      code,
      ...(path !== undefined && { path }),
      ...(attribute !== undefined && { attribute }),
    })),
  }
}

const MAX_CHARACTERS = 300
const MAX_VALUES = 20

/** A value, shortened: the database would refuse an entry that is too large, and the rest of its batch. */
function storable(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.slice(0, MAX_VALUES).map(storable)
  if (typeof value === 'boolean' || typeof value === 'number' || value instanceof Date) return value
  // Text, and values with a text form: ids, decimals, large numbers.
  return shortened(`${value as string}`)
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
}

export function refusalEntry(error: JitError): ActivityEntry {
  const { source = '', organization, code, refused, reference } = error
  const { check, algorithm, expected, received, paths, provider, description } = error.details
  const message = shortened(error.message)
  const named = Object.entries({ check, algorithm, expected, received, paths, provider, description })
  const details = Object.fromEntries(named.filter(([, detail]) => detail !== undefined))
  return {
    source,
    ...(organization !== undefined && { organization }),
    at: new Date(),
    outcome: refused ? 'refused' : 'failed',
    changes: [],
    notices: [],
    refusal: { code, message, reference, ...details },
  }
}
