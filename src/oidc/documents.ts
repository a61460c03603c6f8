/** The documents that an OpenID Provider sends, as far as this library reads them: one schema each. */
import { z } from 'zod'

/** The most keys that a key set may hold. Providers publish fewer than ten. */
const MAX_KEYS = 200

/** OpenID Connect Discovery 3. The endpoints that a sign-in needs are demanded where it uses them. */
export const discoveryDocument = z.object({
  issuer: z.string(),
  authorization_endpoint: z.string().nullish(),
  token_endpoint: z.string().nullish(),
  jwks_uri: z.string().nullish(),
  userinfo_endpoint: z.string().nullish(),
  end_session_endpoint: z.string().nullish(),
  id_token_signing_alg_values_supported: z.array(z.string()).nullish(),
  token_endpoint_auth_methods_supported: z.array(z.string()).nullish(),
  authorization_response_iss_parameter_supported: z.boolean().nullish(),
  // Only the check at saving reads these, so one of a wrong type must not stop a sign-in.
  scopes_supported: z.array(z.string()).nullish().catch(undefined),
  response_types_supported: z.array(z.string()).nullish().catch(undefined),
  code_challenge_methods_supported: z.array(z.string()).nullish().catch(undefined),
})

export type DiscoveryDocument = z.infer<typeof discoveryDocument>

/** RFC 7517 5. The keys are read one by one, since keys that can't be used are passed over. */
export const keySet = z.object({ keys: z.array(z.unknown()).max(MAX_KEYS) })

/** A public signature key (RFC 7517 4, RFC 7518 6, RFC 8037 2), without any other member. */
export const publicKey = z.object({
  kty: z.enum(['RSA', 'EC', 'OKP']),
  kid: z.string().optional(),
  use: z.string().optional(),
  key_ops: z.array(z.string()).optional(),
  alg: z.string().optional(),
  ...{ n: z.string().optional(), e: z.string().optional() },
  ...{ crv: z.string().optional(), x: z.string().optional(), y: z.string().optional() },
  // With the private part, everybody who reads the key set could sign.
  d: z.undefined().optional(),
})

/** OpenID Connect Core 3.1.3.3. Members that this library doesn't use may have any form, or be missing. */
export const tokenResponse = z.object({
  id_token: z.string(),
  access_token: z.string().optional().catch(undefined),
})

/** RFC 6749 5.2. Some providers send `error: null` beside tokens. */
export const tokenError = z.object({ error: z.string().min(1), error_description: z.unknown().optional() })
