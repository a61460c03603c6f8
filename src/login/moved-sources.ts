import type { Source } from '../sources/config'
import { findUsers, isWithin, type UserDocument, type UserStore, within } from './user-store'

/**
 * Problems with sources whose linked users all belong to another organization, because the source was moved. If the app
 * moved only some users, that isn't a problem of the source.
 */
export async function movedSources(store: UserStore, sources: readonly Source[]): Promise<string[]> {
  const { organization: path } = store
  if (!path || path.isList) return []
  const problems = await Promise.all(
    sources.map(async ({ id, organization }) => {
      const linked = { 'identities.source': id }
      const own = within(store, organization)
      const first = async (from: UserStore, filter: object): Promise<UserDocument | undefined> =>
        (await findUsers(from, filter).limit(1))[0]
      if (await first(own, linked)) return []
      const other = await first(store, { ...linked, [path.path]: { $ne: null } })
      if (!other || isWithin(own, other)) return []
      const remedy = `set it back, or move these users (${path.path}) first`
      return `source '${id}': organization: its linked users belong to another organization; ${remedy}`
    }),
  )
  return problems.flat()
}
