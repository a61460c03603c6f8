import { type Field, makeCatalog } from './catalog'
import type { JitUserOptions } from './options'
import { jitUser, type UserModel } from './plugin'

/** The fields of a model whose schema uses the plugin. Throws where it doesn't. */
export function catalogOf(model: UserModel): Field[] {
  const { plugins } = model.schema as unknown as { plugins: { fn: unknown; opts: JitUserOptions }[] }
  const plugin = plugins.find(({ fn }) => fn === jitUser)
  // A model that was compiled before the plugin was applied lacks the paths that the plugin adds.
  if (!plugin || !('identities' in model.prototype)) {
    const remedy = 'add schema.plugin(jitUser, { fields }) before the model is made'
    throw new Error(`userModel: the schema of ${model.modelName} does not use jitUser; ${remedy}`)
  }
  const fields = makeCatalog(model.schema, plugin.opts)
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
