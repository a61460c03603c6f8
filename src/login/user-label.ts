import type { Field } from '../fields/catalog'
import type { StandardFieldName } from '../fields/standard'

/** What people would call a user, by what the model says of them; undefined where it says nothing. */
export function userLabel(fields: readonly Field[], get: (path: string) => unknown): string | undefined {
  const value = (name: StandardFieldName): string => {
    const field = fields.find(({ standard }) => standard === name)
    const stored = field && get(field.path)
    return typeof stored === 'string' ? stored.trim() : ''
  }
  const fullName = `${value('firstName')} ${value('lastName')}`.trim()
  return [value('displayName'), fullName, value('email'), value('username')].find((label) => label !== '')
}
