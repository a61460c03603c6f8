import type { StandardFieldName } from './standard'

/** What a `transform` is told about the value. */
export interface TransformContext {
  /** The source's id. */
  source: string
  path: string
  /** Every received attribute, by name. */
  attributes: Readonly<Record<string, unknown>>
}

type AttributeName = string | readonly string[]

/** How an identity provider may fill one path of the user model. */
export interface FieldOptions {
  /** Shown on pages. Default: the standard field's label, else the path's last segment. */
  label?: string
  /**
   * The attribute name that the identity provider must send, or a list of names: the first one with a value is read.
   * Default: the standard field's name, else the last segment.
   */
  attribute?: AttributeName | { saml?: AttributeName; oidc?: AttributeName }
  /** Existing users may be matched by this field. Default: true for `email` and `username`. */
  identifier?: boolean
  /** No user is created without it. Default: true for first and last name, and where the schema requires the path. */
  required?: boolean
  /** Must be true for paths that look like a password, salt, role, permission or admin flag. */
  sensitive?: boolean
  /** The standard field that this path holds, where its name differs (`'name.first'`: `firstName`). */
  standard?: StandardFieldName
  /**
   * The field refers to another user, whom the provider names by this login identifier (the path of another field): a
   * manager's email becomes the manager's `_id`. If that user doesn't exist yet, the field is filled later.
   */
  ref?: string
  /**
   * Converts the received value: a text, number, boolean, list or object. Size and type are checked on the result. Not
   * called for an absent attribute. Must be synchronous; if it throws, the value is `invalid_value`.
   */
  transform?: (value: unknown, context: TransformContext) => unknown
}

export interface JitUserOptions {
  /**
   * The schema path of the user's organization (the customer): a String, ObjectId, Number or UUID. Each user belongs to
   * one organization, and login identifiers are unique within it. If the path is an array, users can belong to several
   * organizations, and login identifiers stay unique in the whole collection. Default: none.
   */
  organization?: string
  /** The schema paths that an identity provider may fill. Use `true` for standard fields. */
  fields: Record<string, true | FieldOptions>
}
