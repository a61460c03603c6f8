import type { Schema } from 'mongoose'
import type { JitUserOptions } from './options'

/** The plugin's options of every schema that it was applied to. Mongoose keeps them when it copies a schema. */
const applied = new WeakSet<JitUserOptions>()

export function rememberOptions(options: JitUserOptions): void {
  applied.add(options)
}

/** The options with which the plugin was applied to a schema; undefined if it wasn't. */
export function appliedOptions(schema: Schema): JitUserOptions | undefined {
  const { plugins } = schema as unknown as { plugins: { opts?: JitUserOptions }[] }
  return plugins.find(({ opts }) => opts !== undefined && applied.has(opts))?.opts
}
