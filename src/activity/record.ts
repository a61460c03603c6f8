import type { Field } from '../fields/catalog'
import type { JitError } from '../errors'
import type { LoginResult } from '../login/result'
import { userLabel } from '../login/user-label'
import type { ActivityEntry } from './entry'

/** What is remembered of a sign-in: the values of what has changed only if `values` says so. */
export function signInEntry(
  source: string,
  { outcome, user, changes, notices }: Pick<LoginResult, 'outcome' | 'user' | 'changes' | 'notices'>,
  fields: readonly Field[],
  values: boolean,
): ActivityEntry {
  const id = String(user._id)
  const label = userLabel(fields, (path) => user.get(path, null, { getters: false }) as unknown)
  return {
    source,
    at: new Date(),
    outcome,
    user: { id, label: label === undefined ? id : shortened(label) },
    changes: changes.map(({ path, label, from, to }) => ({
      ...{ path, label },
      ...(values && { from: kept(from), to: kept(to) }),
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

/** A value as it is remembered: never so long that the database would refuse the entry, and all that wait with it. */
function kept(value: unknown): unknown {
  if (value === undefined || value === null) return null
  if (Array.isArray(value)) return value.slice(0, MAX_VALUES).map(kept)
  if (typeof value === 'boolean' || typeof value === 'number' || value instanceof Date) return value
  // Texts, and what reads as one: ids, decimals, large numbers.
  return shortened(`${value as string}`)
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
}

/** What is remembered of somebody who was not let in: the reason, names and codes. */
export function refusalEntry(error: JitError): ActivityEntry {
  const { source = '', code, refused, reference, details } = error
  const { check, expected, received, paths, provider } = details
  const message = shortened(error.message)
  const named = Object.entries({ check, expected, received, paths, provider })
  return {
    source,
    at: new Date(),
    outcome: refused ? 'refused' : 'failed',
    changes: [],
    notices: [],
    refusal: {
      code,
      message,
      reference,
      ...Object.fromEntries(named.filter(([, detail]) => detail !== undefined)),
    },
  }
}
