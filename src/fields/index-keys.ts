type Keys = Record<string, unknown>

/** The paths of an index, all in ascending order. */
export function ascending(paths: readonly string[]): Record<string, 1> {
  return Object.fromEntries(paths.map((path) => [path, 1]))
}

/** Whether an index has exactly these paths, in any order. */
export function isIndexOn(keys: Keys, paths: readonly string[]): boolean {
  return Object.keys(keys).length === paths.length && paths.every((path) => path in keys)
}

/**
 * The paths of the indexes that find a value. The value comes first because it is nearly unique, and because some
 * engines can't look up a missing organization.
 */
export function keysOf(path: string, organization: string | undefined): string[] {
  return organization === undefined ? [path] : [path, organization]
}

/** The end of an index's name: `email`, or `email_organizationId` within the organization. */
export function indexSuffix(path: string, organization: string | undefined): string {
  return keysOf(path, organization).join('_')
}
