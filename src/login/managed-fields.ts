import type { Field } from '../fields/catalog'
import type { Identity } from '../fields/identity'
import { type AuthorityOrder, ranked } from '../sources/authority'
import type { Source } from '../sources/config'
import { isSelected } from '../sources/selection'
import type { ManagedField } from './managed-field'

type Setup = { sources: readonly Source[]; fields: readonly Field[]; order: AuthorityOrder }

/** The fields of a user that are synced by the enabled sources among their identities. */
export function managedFields(user: object, { sources, fields, order }: Setup): ManagedField[] {
  const { identities = [] } = user as { identities?: readonly Identity[] }
  const own = sources.filter(({ id, enabled }) => enabled && identities.some(({ source }) => source === id))
  return fields
    .map((field) => {
      const syncing = own.filter((source) => isSelected(source, field, 'sync')).map(({ id }) => id)
      return { path: field.path, ...ranked(order.get(field.path), syncing) }
    })
    .filter((managed) => managed.sources.length > 0)
}
