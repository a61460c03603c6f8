import { type Connection, type Model, Schema } from 'mongoose'
import { type BenchField, schemaOf } from '../people/fields'

/** A user model as it is without this library, and the verify callback that most teams write over it. */
export class HandWritten {
  readonly #model: Model<Record<string, unknown>>
  readonly #fields: BenchField[]

  /** `name` is the model's. Makes the unique index on the e-mail address. */
  static async over(connection: Connection, name: string, fields: BenchField[]): Promise<HandWritten> {
    const schema = new Schema(schemaOf(fields))
    schema.index({ email: 1 }, { unique: true })
    const model = connection.model<Record<string, unknown>>(name, schema as never)
    await model.init()
    return new HandWritten(model, fields)
  }

  private constructor(model: Model<Record<string, unknown>>, fields: BenchField[]) {
    this.#model = model
    this.#fields = fields
  }

  /** The callback: finds the user by the e-mail address, or makes one, and writes everything. */
  signIn(protocol: 'saml' | 'oidc', attributes: Record<string, unknown>): Promise<unknown> {
    const everything = Object.fromEntries(
      this.#fields.map(({ path, attribute }) => [path, attributes[attribute[protocol]]]),
    )
    const options = { upsert: true, returnDocument: 'after' } as const
    return this.#model.findOneAndUpdate({ email: everything.email }, { $set: everything }, options).exec()
  }
}
