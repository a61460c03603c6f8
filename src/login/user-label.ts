import type { Field } from '../fields/catalog'
import type { StandardFieldName } from '../fields/standard'

/** A name for a user, from the model's standard fields: display name, full name, email or user name. */
export function userLabel(fields: readonly Field[], get: (path: string) => unknown): string | undefined {
  const text = (name: StandardFieldName): string => {
    const field = fields.find(({ standard }) => standard === name)
    const value = field && get(field.path)
    return typeof value === 'string' ? value.trim() : ''
  }
  const fullName = `${text('firstName')} ${text('lastName')}`.trim()
  return [text('displayName'), fullName, text('email'), text('username')].find((label) => label !== '')
}
