/** For reads that must see the latest writes. It overrides the connection's own preference. */
export const fromPrimary = { readPreference: 'primary' } as const
