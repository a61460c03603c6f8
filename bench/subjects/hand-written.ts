import { type Connection, Schema } from 'mongoose'
import { type BenchField, schemaOf } from '../people/fields'

type SignIn = (protocol: 'saml' | 'oidc', attributes: Record<string, unknown>) => Promise<object>

/**
 * The verify callback that most teams write: it finds or creates the user by email, and writes every field. The model has
 * a unique index on the email.
 */
export async function handWritten(
  connection: Connection,
  modelName: string,
  fields: BenchField[],
): Promise<SignIn> {
  const schema = new Schema(schemaOf(fields))
  schema.index({ email: 1 }, { unique: true })
  const model = connection.model<Record<string, unknown>>(modelName, schema as never)
  await model.init()
  return (protocol, attributes) => {
    const values = fields.map(({ path, attribute }) => [path, attributes[attribute[protocol]]])
    const $set = Object.fromEntries(values) as Record<string, unknown>
    return model
      .findOneAndUpdate({ email: $set.email }, { $set }, { upsert: true, returnDocument: 'after' })
      .exec()
  }
}
