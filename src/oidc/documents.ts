/** The documents that an OpenID Provider sends, as far as this library reads them: one schema each. */
import { z } from 'zod'

/** The most keys that a key set may hold. Providers publish fewer than ten. */
const MAX_KEYS = 200

/** An optional member. A wrong type counts as absent. */
const optional = <T>(schema: z.ZodType<T>) => schema.optional().catch(undefined)
const address = z.string().min(1)
const texts = z.array(z.string())

/** OpenID Connect Discovery 3. The endpoints that a sign-in needs are demanded where it uses them. */
export const discoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: optional(address),
  token_endpoint: optional(address),
  jwks_uri: optional(address),
  userinfo_endpoint: optional(address),
  end_session_endpoint: optional(address),
  // If present, it says which signatures are possible.
  id_token_signing_alg_values_supported: texts.nullish(),
  // An empty list announces nothing.
  token_endpoint_auth_methods_supported: optional(texts.min(1)),
  authorization_response_iss_parameter_supported: optional(z.boolean()),
  // Only the check at saving reads these.
  scopes_supported: optional(texts),
  response_types_supported: optional(texts),
  response_modes_supported: optional(texts),
  grant_types_supported: optional(texts),
  code_challenge_methods_supported: optional(texts),
  acr_values_supported: optional(texts),
  prompt_values_supported: optional(texts),
  require_pushed_authorization_requests: optional(z.boolean()),
  require_signed_request_object: optional(z.boolean()),
})

export type DiscoveryDocument = z.infer<typeof discoveryDocument>

/** RFC 7517 5. The keys are read one by one, since keys that can't be used are passed over. */
export const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

/** Some providers write null for a member that a key doesn't have. */
const keyText = z
  .string()
  .nullish()
  .transform((text) => text ?? undefined)

/** A public signature key (RFC 7517 4, RFC 7518 6, RFC 8037 2), without any other member. */
export const publicKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: optional(z.string()),
  use: optional(z.string()),
  key_ops: optional(texts),
  alg: optional(z.string()),
  ...{ n: keyText, e: keyText },
  ...{ crv: keyText, x: keyText, y: keyText },
  // With the private part, everybody who reads the key set could sign.
  d: z
    .null()
    .optional()
    .transform(() => undefined),
})

/** OpenID Connect Core 3.1.3.3. Members that this library doesn't use may have any type, or be missing. */
export const tokenResponse = z.object({
  id_token: z.string(),
  access_token: z.string().optional().catch(undefined),
})

/** RFC 6749 5.2. Some providers send `error: null` beside tokens. */
export const tokenError = z.object({ error: z.string().min(1), error_description: z.unknown().optional() })

/** The members that made a document invalid; empty if it isn't an object. */
export function unusableMembers({ issues }: z.ZodError): string[] {
  return [...new Set(issues.flatMap(({ path: [name] }) => (name === undefined ? [] : [String(name)])))]
}
