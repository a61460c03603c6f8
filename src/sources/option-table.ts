/** A row of the option tables: how one option is validated, and its control if the admin form has one. */
export interface Option<Value = unknown> extends Partial<Control> {
  readonly schema: Schema<Value>
  readonly required?: boolean
  /** Encrypted at rest, and never shown again. */
  readonly secret?: boolean
  /** Used when the option is left out. */
  readonly default?: Value
  /** Cannot be changed once the source exists. */
  readonly permanent?: boolean
  /** Only the team that runs the app sets it. Admins of one organization can't. */
  readonly team?: boolean
  /** The identity provider's metadata can supply it. */
  readonly fromMetadata?: boolean
  /** The option of the same protocol that it needs, and that needs it. */
  readonly pairedWith?: string
}

/** An option that every source has. */
export type RequiredOption<Value = unknown> = Option<Value> & { readonly required: true }

/** An option that holds a secret. */
export type Secret<Value = unknown> = Option<Value> & { readonly secret: true }

/** A zod schema, by the type it accepts. Published types mention this instead of zod's own. */
interface Schema<Value> {
  readonly _output: Value
}

/** How the admin form asks for an option. */
export interface Control {
  readonly kind: ControlKind
  readonly label: string
  readonly hint?: string
  /** A sentence that is shown with emphasis after the hint. */
  readonly risk?: string
  /** For `radio` and `select`. */
  readonly choices?: readonly Choice[]
  readonly placeholder?: string
  /** The height of several lines. Default: 4. */
  readonly rows?: number
  /** For `secret` and `key`: shown while none is stored. */
  readonly unset?: string
  /** Where in the form it is. Default: `connection`. */
  readonly section?: ControlSection
}

/** A place in the form. `more` is what "More connection settings" unfolds. */
export type ControlSection =
  'name' | 'connection' | 'more' | 'identifiers' | 'provisioning' | 'syncing' | 'absence'

/**
 * `text`, `name` and `url` are one line; a `name` must be exact. `lines` is a list with one entry per line, and
 * `certificates` one of PEM blocks. `secret` is one line and `key` several; neither shows what is stored.
 */
export type ControlKind =
  'text' | 'name' | 'url' | 'area' | 'lines' | 'certificates' | 'secret' | 'key' | 'flag' | 'radio' | 'select'

/** One of the values that a `radio` or `select` offers. */
export interface Choice extends Pick<Control, 'label' | 'hint' | 'risk'> {
  readonly value: string
}

export type OptionTable = Readonly<Record<string, Option>>

/** The object that holds a table's options, as an app writes it. */
export type OptionsOf<Table> = Flat<
  Values<Table, RequiredNames<Table>> & Partial<Values<Table, Exclude<keyof Table, RequiredNames<Table>>>>
>

/** The same with every default filled in, read-only. */
export type CompleteOptionsOf<Table> = { readonly [Name in keyof Table]: Frozen<ValueOf<Table[Name]>> }

type ValueOf<Row> = Row extends Option<infer Value> ? Value : never

/** Without an `as` clause, so that each option keeps its documentation. */
type Values<Table, Names extends keyof Table> = { [Name in Names]: ValueOf<Table[Name]> }

type RequiredNames<Table> = {
  [Name in keyof Table]: Table[Name] extends RequiredOption ? Name : never
}[keyof Table]

type Flat<T> = { [Name in keyof T]: T[Name] }

type Frozen<Value> = Value extends readonly (infer Item)[]
  ? readonly Item[]
  : Value extends object
    ? { readonly [Key in keyof Value]-?: Frozen<Value[Key]> }
    : Value
