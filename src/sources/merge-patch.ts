/**
 * Applies a JSON merge patch (RFC 7396): objects are merged, null removes, and anything else replaces. Neither
 * argument is changed, and no key reaches a prototype.
 */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const merged = new Map(isObject(target) ? Object.entries(target) : [])
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key)
    else merged.set(key, mergePatch(merged.get(key), value))
  }
  return Object.fromEntries(merged)
}

/** Whether a JSON value is an object. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A copy with these members only, as far as the object has them. */
export function pick<T extends object, Name extends keyof T>(
  object: T,
  names: readonly Name[],
): Pick<T, Name> {
  const own = names.filter((name) => Object.hasOwn(object, name))
  return Object.fromEntries(own.map((name) => [name, object[name]])) as Pick<T, Name>
}
