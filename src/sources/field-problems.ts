import type { Field } from '../fields/catalog'
import { didYouMean } from '../fields/near-miss'
import type { SourceConfig } from './config'
import { generalDefaults } from './general-options'
import { attributeNames } from './mapping'
import type { SourceProblem } from './option-problems'

/** Checks the options that name fields of the user model. */
export function fieldProblems(config: SourceConfig, fields: readonly Field[]): SourceProblem[] {
  const { protocol, identifiers = generalDefaults.identifiers, attributes = {} } = config
  const { provision = 'all', sync = 'all' } = config.fields ?? {}
  const identifying = fields.filter(({ identifier }) => identifier)
  return [
    ...unknownNames('login identifier', identifying, { identifiers }),
    ...unknownNames('field', fields, {
      'fields.provision': provision === 'all' ? [] : provision,
      'fields.sync': sync === 'all' ? [] : sync,
      attributes: Object.keys(attributes),
    }),
    ...sharedNames({ protocol, attributes }, fields),
  ]
}

/** `names`: those that each option uses. */
function unknownNames(
  what: string,
  fields: readonly Field[],
  names: Record<string, readonly string[]>,
): SourceProblem[] {
  const known = fields.map(({ path }) => path)
  const used = Object.entries(names).flatMap(([option, list]) => list.map((name) => ({ option, name })))
  return used
    .filter(({ name }) => !known.includes(name))
    .map(({ option, name }) => {
      const remedy = didYouMean(name, known, ` (there are ${known.join(', ')})`)
      // Anything else may be a value in the wrong place, perhaps a secret.
      const quoted = /^[\w.$-]{1,64}$/.test(name) ? `'${name}'` : 'of this name'
      return { option, message: `there is no ${what} ${quoted}${remedy}` }
    })
}

/** A name that fields share is a mistake, unless a `transform` takes something else out of it. */
function sharedNames(
  source: Parameters<typeof attributeNames>[0],
  fields: readonly Field[],
): SourceProblem[] {
  const paths = new Map<string, string[]>()
  for (const field of fields.filter(({ transform }) => !transform)) {
    for (const name of attributeNames(source, field)) {
      paths.set(name, [...(paths.get(name) ?? []), field.path])
    }
  }
  return [...paths]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([name, sharing]) => ({
      option: 'attributes',
      message: `${sharing.join(' and ')} share the attribute name '${name}'; rename one, or give one a transform`,
    }))
}
