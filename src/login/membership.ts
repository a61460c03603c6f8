import { castOrganization, type OrganizationPath } from '../fields/organization'
import { rawOrganization, type UserDocument } from './user-store'

/** What a sign-in does to the organization of the user whom it writes. */
export interface Membership {
  readonly organization: OrganizationPath
  /** The organization that the user takes, or is added to; undefined if nothing changes. */
  readonly joins: string | undefined
}

/** The membership after a sign-in of a user who has these organizations. */
export function planMembership(
  organization: OrganizationPath | undefined,
  source: { organization?: string },
  organizations: readonly string[],
): Membership | undefined {
  if (!organization) return undefined
  const { organization: own } = source
  const isMissing = own !== undefined && !organizations.includes(own)
  return { organization, joins: isMissing ? own : undefined }
}

/** Sets the organization, or adds it to the list. */
export function stageMembership(user: UserDocument, { organization, joins }: Membership): void {
  if (joins === undefined) return
  const { path, isList, immutable } = organization
  const value = castOrganization(organization, joins)
  if (isList) {
    const list = user.get(path) as { addToSet?(value: unknown): void } | null | undefined
    if (list?.addToSet) list.addToSet(value)
    else user.set(path, [value])
  } else if (immutable && !user.isNew) {
    // An immutable path may get its first value. `set` would ignore it.
    ;(user as unknown as { $__setValue(path: string, value: unknown): void }).$__setValue(path, value)
    user.markModified(path)
  } else user.set(path, value)
}

/** Requires that a user is still in the organization in which they were found: the app may move them meanwhile. */
export function asFound(user: UserDocument, membership: Membership | undefined): Record<string, unknown> {
  if (!membership || membership.organization.isList) return {}
  const { path } = membership.organization
  return { [path]: rawOrganization(user, path) ?? null }
}
