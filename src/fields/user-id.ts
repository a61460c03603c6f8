import { JitError } from '../errors'
import type { UserModel } from './plugin'

/**
 * The id, as text, of a user who is given as a document or by id, in the form in which the model stores it. Throws JitError
 * `invalid_configuration` for anything else.
 */
export function userIdOf(user: unknown, model: UserModel): string {
  const { _id: id = user } = Object(user ?? {}) as { _id?: unknown }
  try {
    const cast = model.schema.path('_id').cast(id) as { toString(): string } | null | undefined
    if (cast !== undefined && cast !== null) return cast.toString()
  } catch {
    // Told below, without the value.
  }
  throw new JitError('invalid_configuration', 'The user must be a document of the user model, or its _id.')
}
