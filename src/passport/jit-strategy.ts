import type { Strategy } from 'passport'

/** What `createJit` returned, as far as a strategy's constructor looks at it. */
export interface JitHandle {
  strategy(id: string): Strategy
}

/** A Passport strategy of one source; its name is the source's id. */
export type JitStrategy = new (jit: JitHandle, sourceId: string) => Strategy
