import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './pages'

/** The names of a type's members, including methods, as declared in the source. */
export function membersOf(name: string): string[] {
  const type = declared(name, isMembered)
  const members = ts.isInterfaceDeclaration(type) ? type.members : []
  return [...members, ...tableRows(type)].flatMap((member) =>
    member.name && ts.isIdentifier(member.name) ? member.name.text : [],
  )
}

function isMembered(node: ts.Node): node is ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  return ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)
}

/** The rows of the option table from which a type is derived: `OptionsOf<typeof table>`. */
function tableRows(type: ts.InterfaceDeclaration | ts.TypeAliasDeclaration): ts.ObjectLiteralElementLike[] {
  const table = /OptionsOf<typeof (\w+)>/.exec(type.getText())?.[1]
  if (table === undefined) return []
  const variables = sourceFiles().flatMap(({ statements }) =>
    statements.filter(ts.isVariableStatement).flatMap(({ declarationList }) => declarationList.declarations),
  )
  const { initializer } = variables.find(({ name }) => name.getText() === table)!
  return [...(initializer as ts.ObjectLiteralExpression).properties]
}

/** The strings of a union of string literals, as declared in the source. */
export function unionOf(name: string): string[] {
  const { type } = declared(name, ts.isTypeAliasDeclaration)
  const types = ts.isUnionTypeNode(type) ? [...type.types] : [type]
  return types.map((one) => ((one as ts.LiteralTypeNode).literal as ts.StringLiteral).text)
}

/** Throws unless there is exactly one. */
function declared<Declaration extends ts.DeclarationStatement>(
  name: string,
  isIt: (node: ts.Node) => node is Declaration,
): Declaration {
  const found = sourceFiles().flatMap(({ statements }) => statements.filter(isIt))
  const [one, ...others] = found.filter((declaration) => declaration.name?.text === name)
  if (!one || others.length > 0) throw new Error(`${name} is declared ${one ? 'twice' : 'nowhere'}`)
  return one
}

let files: ts.SourceFile[] | undefined

function sourceFiles(): ts.SourceFile[] {
  files ??= readSources()
  return files
}

function readSources(): ts.SourceFile[] {
  const folder = join(root, 'src')
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names
    .filter((name) => name.endsWith('.ts'))
    .map((name) =>
      ts.createSourceFile(name, readFileSync(join(folder, name), 'utf8'), ts.ScriptTarget.ES2022, true),
    )
}
