import { JitError } from '../errors'
import type { UserModel } from './plugin'

/**
 * The id of a user, as text. Accepts a document or an id, and casts the id as the model does. Throws JitError
 * `invalid_configuration` for anything else.
 */
export function userIdOf(user: unknown, model: UserModel): string {
  const { _id: id = user } = Object(user ?? {}) as { _id?: unknown }
  try {
    const cast = model.schema.path('_id').cast(id) as { toString(): string } | null | undefined
    if (cast !== undefined && cast !== null) return cast.toString()
  } catch {
    // Reported below, without the value.
  }
  throw new JitError('invalid_configuration', 'The user must be a document of the user model, or its _id.')
}
