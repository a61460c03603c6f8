import { secretOptions } from '../../sources/option-places'
import { holdsSecret } from '../../sources/secret-text'

/** The values of a form by the control's name. */
export type FormValues = ReadonlyMap<string, readonly string[]>

/** The values that were posted, whichever body parser the app uses. */
export function formValues(body: unknown): FormValues {
  if (typeof body !== 'object' || body === null) return new Map()
  return new Map(
    Object.entries(body).map(([name, value]: [string, unknown]) => {
      // Some parsers turn a long list into an object of indexes.
      const values = typeof value === 'object' && value !== null ? Object.values(value) : [value]
      return [name, values.filter((text): text is string => typeof text === 'string')]
    }),
  )
}

/** The first value of a control; empty if it has none. */
export function valueOf(values: FormValues, name: string): string {
  return values.get(name)?.[0] ?? ''
}

/** The values that a page may show: no secret, whichever control it was typed in. */
export function withoutSecrets(values: FormValues): FormValues {
  return new Map(
    [...values].filter(
      ([name, texts]) => !secretOptions.some((secret) => secret === name) && !texts.some(holdsSecret),
    ),
  )
}

export function typedSecrets(values: FormValues): string[] {
  return secretOptions.filter((name) => valueOf(values, name).trim() !== '')
}
