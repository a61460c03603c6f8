import type { Schema } from 'mongoose'
import type { JitUserOptions } from './options'

/** The plugin's options for each schema. Mongoose keeps them when it copies a schema. */
const applied = new WeakSet<JitUserOptions>()

export function rememberOptions(options: JitUserOptions): void {
  applied.add(options)
}

/** The plugin's options for a schema; undefined if the schema doesn't use the plugin. */
export function appliedOptions(schema: Schema): JitUserOptions | undefined {
  const { plugins } = schema as unknown as { plugins: { opts?: JitUserOptions }[] }
  return plugins.find(({ opts }) => opts !== undefined && applied.has(opts))?.opts
}
