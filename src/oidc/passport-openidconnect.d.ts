/** What is used of passport-openidconnect 0.1.2, which has no types. */
declare module 'passport-openidconnect' {
  import type { Request } from 'express'

  export const Strategy: new (
    options: object,
    verify: () => void,
  ) => { name: string; authenticate(req: Request, options?: object): void }
}
