import { standardFields, type StandardFieldName } from '../../../fields/standard'
import type { MappingRow, NamedField, SourceDetails } from '../../../sources/details'

/** Fields that a guide asks for. `request`: what to send, in words. */
export type FieldList = { rows: readonly GuideField[]; request: string }

/** A field, with the attribute name that the provider must send. */
export interface GuideField extends NamedField {
  /** If the field refers to another user: the label of the identifier to send. */
  person: string | undefined
  usual: UsualField | undefined
}

/** The fields that a product can have a usual source for. */
export type UsualField = StandardFieldName | 'managersEmail'

/** The fields of a source. Login identifiers and required fields come first. */
export function guideFields({ loginIdentifiers, requiredFields, fieldMapping }: SourceDetails): GuideField[] {
  const paths = [...loginIdentifiers, ...requiredFields, ...fieldMapping].map(({ path }) => path)
  return [...new Set(paths)].map((path) => {
    const row = fieldMapping.find((field) => field.path === path)!
    const person = /^user, by (.*)$/.exec(row.type)?.[1]
    return { ...row, person, usual: usualField(row, person) }
  })
}

function usualField(row: MappingRow, person: string | undefined): UsualField | undefined {
  const standard = standardField(row)
  if (person === undefined) return standard
  return standard === 'manager' && person === standardFields.email.label ? 'managersEmail' : undefined
}

/** Finds the standard field by the end of the path, or by the label if the path is the app's own. */
function standardField({ path, label, kind }: MappingRow): StandardFieldName | undefined {
  if (kind !== 'standard') return undefined
  const names = Object.keys(standardFields) as StandardFieldName[]
  const end = path.slice(path.lastIndexOf('.') + 1)
  return names.find((name) => name === end) ?? names.find((name) => standardFields[name].label === label)
}

/** Asks for fields, and says which ones a source needs. */
export function askFor(rows: readonly GuideField[], details: SourceDetails): FieldList {
  const { loginIdentifiers, requiredFields } = details
  const people = rows.filter(({ person }) => person)
  const sentences = [
    `Send at least one login identifier: ${listed(loginIdentifiers, 'or')}.`,
    requiredFields.length > 0 && `Without ${listed(requiredFields, 'and')} no new person gets an account.`,
    'Enter the names exactly as shown. Leave out fields that you don’t store.',
    ...people.map(
      ({ attribute, person }) => `For "${attribute}" send that other person’s ${person}, not their name.`,
    ),
  ]
  return { rows, request: sentences.filter(Boolean).join(' ') }
}

export function listed(fields: readonly NamedField[], word: 'and' | 'or'): string {
  const names = fields.map(({ attribute }) => `"${attribute}"`)
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)}`
}
