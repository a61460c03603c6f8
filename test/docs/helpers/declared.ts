import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { root } from './pages'

/** The names of an interface's members, its methods among them, as its file declares them. */
export function membersOf(file: string, name: string): string[] {
  const declaration = find(file, (node) => ts.isInterfaceDeclaration(node) && node.name.text === name)
  const { members } = declaration as ts.InterfaceDeclaration
  return members.flatMap((member) => (member.name && ts.isIdentifier(member.name) ? member.name.text : []))
}

/** The texts of a union of texts, as its file declares it. */
export function unionOf(file: string, name: string): string[] {
  const declaration = find(file, (node) => ts.isTypeAliasDeclaration(node) && node.name.text === name)
  const { type } = declaration as ts.TypeAliasDeclaration
  const types = ts.isUnionTypeNode(type) ? [...type.types] : [type]
  return types.map((one) => ((one as ts.LiteralTypeNode).literal as ts.StringLiteral).text)
}

function find(file: string, isIt: (node: ts.Node) => boolean): ts.Node {
  const text = readFileSync(join(root, file), 'utf8')
  const found = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true).statements.find(isIt)
  if (!found) throw new Error(`${file} does not declare it`)
  return found
}
