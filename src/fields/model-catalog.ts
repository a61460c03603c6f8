import { appliedOptions } from './applied-options'
import { type Field, makeCatalog } from './catalog'
import type { UserModel } from './plugin'

/** The fields of a model whose schema uses the plugin. Throws where it doesn't. */
export function catalogOf(model: UserModel): Field[] {
  const options = appliedOptions(model.schema)
  // A model that was compiled before the plugin was applied lacks the paths that the plugin adds.
  if (!options || !('identities' in model.prototype)) {
    const remedy = 'add schema.plugin(jitUser, { fields }) before the model is made'
    throw new Error(`userModel: the schema of ${model.modelName} does not use jitUser; ${remedy}`)
  }
  const fields = makeCatalog(model.schema, options)
  const problems = foreignReferences(model, fields)
  if (problems.length > 0) throw new Error(problems.join('\n'))
  return fields
}

/** Problems with fields that have `ref`, and whose schema path refers to another model. */
function foreignReferences(model: UserModel, fields: readonly Field[]): string[] {
  const names = [model.modelName, model.baseModelName]
  return fields.flatMap(({ ref, schemaType, path }) => {
    const { ref: target } = schemaType.options as { ref?: unknown }
    return ref && typeof target === 'string' && !names.includes(target)
      ? [`jitUser: fields['${path}']: ref: its schema refers to ${target}, not to ${model.modelName}`]
      : []
  })
}
