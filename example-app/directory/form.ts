import type { Attribute, PersonInput } from './people'

/** How an admin writes "sent, but empty" in a box of values. */
const EMPTY = '""'

/** The values of an attribute as the form shows them: one a line. */
export function toLines(values: readonly string[]): string {
  return values.map((value) => (value === '' ? EMPTY : value)).join('\n')
}

/** Reads the form of a person. Rows without a name are dropped. */
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

/** A form's field, once or several times in it, as a list of strings. */
function list(field: unknown): string[] {
  return [field].flat().filter((value) => typeof value === 'string')
}
