import type { FieldOptions } from './options'
import { standardFields, type StandardFieldName } from './standard'

export function isStandardName(name: string): name is StandardFieldName {
  return Object.hasOwn(standardFields, name)
}

/** The standard field that a path holds, if any. */
export function standardName(
  path: string,
  { standard = path }: { standard?: string },
): StandardFieldName | undefined {
  return isStandardName(standard) ? standard : undefined
}

/** Whether a field is a login identifier. `entry` is the app's, and not checked yet. */
export function isIdentifier(path: string, entry: unknown): boolean {
  const options: FieldOptions = typeof entry === 'object' && entry !== null ? entry : {}
  const name = standardName(path, options)
  return options.identifier ?? (name !== undefined && standardFields[name].role === 'identifier')
}
