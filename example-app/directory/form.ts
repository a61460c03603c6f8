import type { Attribute, PersonInput } from './people'

/** The form's sign for a value that is sent but empty. */
const EMPTY = '""'

/** The values of an attribute in the form: one per line. */
export function toLines(values: readonly string[]): string {
  return values.map((value) => (value === '' ? EMPTY : value)).join('\n')
}

/** Reads the form of a person. Drops rows without a name. */
export function readPerson(body: unknown): PersonInput {
  const form = (body ?? {}) as Record<string, unknown>
  return { name: list(form.name)[0]?.trim() ?? '', attributes: readAttributes(form) }
}

function readAttributes(form: Record<string, unknown>): Attribute[] {
  const [saml, oidc, values] = [list(form.saml), list(form.oidc), list(form.values)]
  return values
    .map((lines, i) => ({
      saml: saml[i]?.trim() ?? '',
      oidc: oidc[i]?.trim() ?? '',
      values: fromLines(lines),
    }))
    .filter((row) => row.saml !== '' || row.oidc !== '')
}

function fromLines(lines: string): string[] {
  return lines
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => (line === EMPTY ? '' : line))
}

/** A form field as a list of strings, whether it was sent once or several times. */
function list(field: unknown): string[] {
  return [field].flat().filter((value) => typeof value === 'string')
}
