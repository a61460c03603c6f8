/** For reads that must see what was written a moment ago, whatever the connection prefers. */
export const fromPrimary = { readPreference: 'primary' } as const
