import { domainToUnicode } from 'node:url'
import type { Field } from '../fields/catalog'
import { castOrganization, type OrganizationPath } from '../fields/organization'
import type { UserModel } from '../fields/plugin'
import type { Source } from '../sources/config'

interface Users {
  userModel: UserModel
  fields: readonly Field[]
  /** Where the users have their organization; only those of the source's are counted. */
  organization?: OrganizationPath | undefined
}

/** Counting more would take long, and the number would say no more. */
export const MOST_UNSEEN = 1000

/** How long the database may count, in milliseconds. No index serves the end of an address. */
const MAX_COUNT_MS = 2000

/**
 * How many users with an email in the source's domains have never signed in through it; one more than `MOST_UNSEEN` if
 * there are more. Undefined if the model has no email, or the database could not count them in time.
 */
export async function unseenUsers(
  { userModel, fields, organization: path }: Users,
  { id, domains, organization }: Pick<Source, 'id' | 'domains' | 'organization'>,
): Promise<number | undefined> {
  const email = fields.find(({ standard }) => standard === 'email')
  if (!email) return undefined
  const forms = [...new Set(domains.flatMap((domain) => [domain, domainToUnicode(domain)]))]
  const ends = forms.map((domain) => domain.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')
  const filter = {
    [email.path]: { $regex: `@(?:${ends})$`, $options: 'i' },
    'identities.source': { $ne: id },
    ...(path && { [path.path]: organization === undefined ? null : castOrganization(path, organization) }),
  }
  return userModel
    .countDocuments(filter, { limit: MOST_UNSEEN + 1, maxTimeMS: MAX_COUNT_MS })
    .setOptions({ sanitizeFilter: false })
    .exec()
    .catch(() => undefined)
}
