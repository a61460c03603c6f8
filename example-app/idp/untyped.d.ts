/** Types for the parts of untyped packages that the demo's providers use. */

declare module 'samlp' {
  import type { Request, RequestHandler } from 'express'

  interface AuthnRequestData {
    id?: string
    issuer?: string
    assertionConsumerServiceURL?: string
  }

  interface ProfileMapper {
    getClaims(): Record<string, string | string[]>
    getNameIdentifier(): { nameIdentifier: string; nameIdentifierFormat: string }
  }

  interface MetadataOptions {
    issuer: string
    cert: string
    profileMapper: { prototype: { metadata: unknown[] } }
    redirectEndpointPath: string
    postEndpointPath: string
    logoutEndpointPaths: Record<string, string>
  }

  interface ResponseOptions<User> {
    issuer: string
    cert: string
    key: string
    audience: string
    destination: string
    recipient: string
    inResponseTo: string | undefined
    lifetimeInSeconds: number
    signatureAlgorithm: 'rsa-sha256'
    digestAlgorithm: 'sha256'
    profileMapper: (user: User) => ProfileMapper
  }

  interface LogoutOptions {
    issuer: string
    cert: string
    key: string
    protocolBinding: string
    deflate: boolean
    destination: string
  }

  type Callback<T> = (error: Error | null | undefined, result?: T) => void

  const samlp: {
    parseRequest(req: Request, callback: Callback<AuthnRequestData>): void
    getSamlResponse: <User>(options: ResponseOptions<User>, user: User, callback: Callback<string>) => void
    metadata(options: MetadataOptions): RequestHandler
    logout(options: LogoutOptions): RequestHandler
  }
  export default samlp
}

declare module 'oidc-provider' {
  import type { IncomingMessage, ServerResponse } from 'node:http'

  interface Grant {
    addOIDCScope(scope: string): void
    save(): Promise<string>
  }

  interface Context {
    type: string
    body: string
    oidc: {
      client: { clientId: string }
      account: { accountId: string }
      provider: { Grant: new (of: { accountId: string; clientId: string }) => Grant }
    }
  }

  interface Claims {
    available: Record<string, unknown>
    result(): Promise<Record<string, unknown>>
  }

  type InteractionResult = { login: { accountId: string } } | { error: string; error_description: string }

  class Provider {
    constructor(issuer: string, configuration: Record<string, unknown>)
    readonly Claims: { prototype: Claims }
    readonly Client: { prototype: object }
    callback(): (req: IncomingMessage, res: ServerResponse) => void
    interactionDetails(req: IncomingMessage, res: ServerResponse): Promise<{ uid: string }>
    interactionFinished(req: IncomingMessage, res: ServerResponse, result: InteractionResult): Promise<void>
  }

  export type { Context }
  export default Provider
}
