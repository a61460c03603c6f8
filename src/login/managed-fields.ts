import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/plugin'
import type { Source } from '../sources/config'
import { type AuthorityOrder, ranked } from '../sources/authority'
import { isSelected } from '../sources/selection'

/** A field that sources keep in step, and so one that the user should not edit in the app. */
export interface ManagedField {
  path: string
  /** Ids of the sources that do; where there is an order of authority for the field, in that order. */
  sources: string[]
  /** Where there is such an order: the one that decides, unless several do alike. */
  owner?: string
}

/** Which fields of a user the enabled, syncing sources among their identities keep in step. */
export function managedFields(
  user: object,
  sources: readonly Source[],
  fields: readonly Field[],
  order: AuthorityOrder,
): ManagedField[] {
  const { identities = [] } = user as { identities?: readonly Identity[] }
  const own = sources.filter(({ id, enabled }) => enabled && identities.some(({ source }) => source === id))
  return fields
    .map((field) => {
      const syncing = own.filter((source) => isSelected(source, field, 'sync')).map(({ id }) => id)
      return { path: field.path, ...ranked(order.get(field.path), syncing) }
    })
    .filter((managed) => managed.sources.length > 0)
}
