/** What we use of passport-openidconnect 0.1.2, which has no types. */
declare module 'passport-openidconnect' {
  export class Strategy {
    name: string
    constructor(options: object, verify: () => void)
    authenticate(req: object, options?: object): void
  }
}
