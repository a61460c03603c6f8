import { type Connection, Schema } from 'mongoose'
import type { Authenticator } from 'passport'
import type { SourceConfig } from '../../src'
import { benchFields, jitFieldsOf, schemaOf } from '../people/fields'
import { createJit, jitUser } from './package'
import { BASE_URL, FIELDS, type SignInSource } from './settings'

/** The strategies of this library, over a model that uses its plugin. Resolves to the model. */
export async function useJit(
  passport: Authenticator,
  connection: Connection,
  signIns: SignInSource[],
): Promise<void> {
  const fields = benchFields(FIELDS)
  const schema = new Schema(schemaOf(fields))
  schema.plugin(jitUser, { fields: jitFieldsOf(fields) })
  const jit = createJit({
    userModel: connection.model('User', schema),
    baseUrl: BASE_URL,
    sources: signIns.map(sourceOf),
    passport: passport as never,
  })
  await jit.ready()
  for (const { id } of signIns) passport.use(jit.strategy(id))
}

function sourceOf(signIn: SignInSource): SourceConfig {
  const { id, protocol } = signIn
  const shared = { id, provisioning: true, syncing: true, domains: [`${id}.corp.example`] }
  if (protocol === 'oidc') {
    const { issuer, clientID, clientSecret } = signIn
    return { ...shared, protocol, oidc: { issuer, clientID, clientSecret } }
  }
  const { entryPoint, idpIssuer, idpCert, signed } = signIn
  const wanted = { wantAssertionsSigned: true, wantAuthnResponseSigned: signed === 'both' }
  return { ...shared, protocol, saml: { entryPoint, idpIssuer, idpCert, ...wanted } }
}
