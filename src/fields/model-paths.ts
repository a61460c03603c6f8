import type { Model } from 'mongoose'

/** Values by flat path (`'custom.costCenter'`), typed by the user model's document type. */
export type ValuesOf<M> =
  DocumentOf<M> extends infer T
    ? string extends keyof T
      ? // eslint-disable-next-line @typescript-eslint/no-explicit-any -- a model without types says nothing of its values
        Record<string, any>
      : { [Path in PathsOf<T>]?: ValueAt<T, Path> }
    : never

/**
 * The same values for `set`: null and undefined clear. Texts aren't narrowed to an enum, because TypeScript can't infer
 * it here.
 */
export type SettableOf<M> = { [Path in keyof ValuesOf<M>]?: Widened<ValuesOf<M>[Path]> | null | undefined }

type Widened<Value> = Value extends string ? string : Value extends readonly string[] ? string[] : Value

/* eslint-disable @typescript-eslint/no-explicit-any -- Mongoose's own generics */
type DocumentOf<M> = M extends Model<infer T, any, any, any, any> ? T : never

/** A value without paths of its own. */
type Leaf =
  | (string | number | bigint | boolean | symbol | Date | Uint8Array)
  | (readonly unknown[] | Map<any, any> | { _bsontype: string })
/* eslint-enable @typescript-eslint/no-explicit-any */

/** Every path of a document type, down to four levels. */
type PathsOf<T, Level extends unknown[] = []> = {
  [Key in keyof T & string]-?: NonNullable<T[Key]> extends Leaf
    ? Key
    : Level['length'] extends 3
      ? Key
      : Key | `${Key}.${PathsOf<NonNullable<T[Key]>, [...Level, unknown]>}`
}[keyof T & string]

type ValueAt<T, Path> = Path extends keyof T
  ? NonNullable<T[Path]>
  : Path extends `${infer Key}.${infer Rest}`
    ? Key extends keyof T
      ? ValueAt<NonNullable<T[Key]>, Rest>
      : never
    : never
