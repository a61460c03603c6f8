/** For a read that has to see what was written a moment ago, whatever the app's connection prefers. */
export const fromPrimary = { readPreference: 'primary' } as const
