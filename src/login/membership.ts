import { castOrganization, type OrganizationPath } from '../fields/organization'
import { rawOrganization, type UserDocument } from './user-store'

/** The change that a sign-in makes to the user's organization. */
export interface Membership {
  readonly organization: OrganizationPath
  /** The organization that the user takes, or is added to; undefined if nothing changes. */
  readonly joins: string | undefined
}

/** The membership of a user with these organizations after a sign-in. */
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
    // An immutable path may get its first value, but `set` would ignore it.
    ;(user as unknown as { $__setValue(path: string, value: unknown): void }).$__setValue(path, value)
    user.markModified(path)
  } else user.set(path, value)
}

/**
 * Requires that a user is still in the same organization as at the look-up, because the app may have moved them since.
 */
export function asFound(user: UserDocument, membership: Membership | undefined): Record<string, unknown> {
  if (!membership || membership.organization.isList) return {}
  const { path } = membership.organization
  return { [path]: rawOrganization(user, path) ?? null }
}
