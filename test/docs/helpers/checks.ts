import { join, relative } from 'node:path'
import ts from 'typescript'
import { root, sectionOf } from './pages'

const source = join(root, 'src/')

/**
 * The protocol checks that the code gives to errors (`details.check`): every value of a parameter or property with that
 * name. Throws if a value cannot be determined.
 */
export function checksInCode(): Set<string> {
  const program = ts.createProgram([join(root, 'src/index.ts')], {
    strict: true,
    skipLibCheck: true,
    types: ['node'],
  })
  const reader = new LiteralReader(program.getTypeChecker())
  const found = new Set<string>()
  const visit = (node: ts.Node): void => {
    reader.checkIn(node)?.forEach((name) => found.add(name))
    ts.forEachChild(node, visit)
  }
  const own = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(source))
  own.forEach(visit)
  return found
}

/** The codes that the list below a heading explains, each with its cause and its fix. */
export function explained(page: string, heading: string): string[] {
  const items = sectionOf(page, heading)
    .split(/\n(?=- )/)
    .filter((item) => item.startsWith('- '))
  const complete = /^- \*\*`(\w+)`\*\*[^:]*: \S[^]*\n {2}\*\*Fix:\*\* \S/
  expect(items.filter((item) => !complete.test(item))).toEqual([])
  return items.map((item) => complete.exec(item)?.[1] ?? '')
}

/** The checks that the page of errors explains for a protocol. */
export function explainedChecks(protocol: 'saml' | 'oidc'): string[] {
  const own = protocol === 'saml' ? '### SAML' : '### OpenID Connect'
  return [own, '### Both'].flatMap((heading) => explained('docs/errors.md', heading))
}

class LiteralReader {
  constructor(private readonly checker: ts.TypeChecker) {}

  /** The names that this node gives to a check. */
  checkIn(node: ts.Node): string[] | undefined {
    if (ts.isPropertyAssignment(node) && node.name.getText() === 'check')
      return this.literals(node.initializer)
    if (ts.isShorthandPropertyAssignment(node) && node.name.text === 'check') return this.shorthand(node)
    if (!ts.isCallExpression(node)) return undefined
    const { declaration, parameters = [] } = this.checker.getResolvedSignature(node) ?? {}
    if (!declaration?.getSourceFile().fileName.startsWith(source)) return undefined
    const argument = node.arguments[parameters.findIndex(({ name }) => name === 'check')]
    return argument && this.literals(argument)
  }

  /** Every string that an expression can evaluate to. */
  private literals(node: ts.Expression): string[] {
    const ofType = textsOf(this.checker.getTypeAtLocation(node))
    if (ofType) return ofType
    if (ts.isParenthesizedExpression(node) || ts.isNonNullExpression(node))
      return this.literals(node.expression)
    if (ts.isBinaryExpression(node)) return [node.left, node.right].flatMap((side) => this.literals(side))
    if (ts.isConditionalExpression(node))
      return [node.whenTrue, node.whenFalse].flatMap((one) => this.literals(one))
    if (ts.isCallExpression(node)) return this.returned(node)
    if (ts.isIdentifier(node)) return this.named(node)
    // From an existing error, or jose's name for a claim.
    if (ts.isPropertyAccessExpression(node) && ['check', 'claim'].includes(node.name.text)) return []
    if (ts.isElementAccessExpression(node)) return textsIn(this.root(node))
    throw new Error(`which check is this? ${where(node)}`)
  }

  private shorthand(node: ts.ShorthandPropertyAssignment): string[] {
    const declaration = this.checker.getShorthandAssignmentValueSymbol(node)?.valueDeclaration
    const isVariable = declaration && ts.isVariableDeclaration(declaration) && declaration.initializer
    // Anything else is passed on.
    return isVariable ? this.literals(isVariable) : []
  }

  private returned(node: ts.CallExpression): string[] {
    const declaration = this.checker.getResolvedSignature(node)?.declaration
    const body = declaration && 'body' in declaration ? declaration.body : undefined
    if (!body || !ts.isBlock(body)) throw new Error(`which check is this? ${where(node)}`)
    const found: string[] = []
    const visit = (one: ts.Node): void => {
      if (ts.isReturnStatement(one) && one.expression) found.push(...this.literals(one.expression))
      if (!ts.isFunctionLike(one)) ts.forEachChild(one, visit)
    }
    ts.forEachChild(body, visit)
    return found
  }

  private named(node: ts.Identifier): string[] {
    const declaration = this.checker.getSymbolAtLocation(node)?.valueDeclaration
    if (declaration && ts.isVariableDeclaration(declaration) && declaration.initializer) {
      return this.literals(declaration.initializer)
    }
    // A parameter passes it on. Its callers are examined too.
    const isPassedOn = declaration && (ts.isParameter(declaration) || ts.isBindingElement(declaration))
    if (isPassedOn && node.text === 'check') return []
    throw new Error(`which check is this? ${where(node)}`)
  }

  /** The value of the constant that an expression reads from. */
  private root(node: ts.Node): ts.Node {
    if (ts.isIdentifier(node)) {
      return this.checker.getSymbolAtLocation(node)?.valueDeclaration ?? node
    }
    const { expression } = node as ts.Node & { expression?: ts.Node }
    if (!expression) throw new Error(`which check is this? ${where(node)}`)
    return this.root(expression)
  }
}

/** The strings of a union of string literals, without undefined. */
function textsOf(type: ts.Type): string[] | undefined {
  const types = (type.isUnion() ? type.types : [type]).filter(
    ({ flags }) => !(flags & ts.TypeFlags.Undefined),
  )
  return types.every((one) => one.isStringLiteral()) ? types.map(({ value }) => value) : undefined
}

function textsIn(node: ts.Node): string[] {
  const found: string[] = []
  const visit = (one: ts.Node): void => {
    if (ts.isStringLiteral(one)) found.push(one.text)
    ts.forEachChild(one, visit)
  }
  visit(node)
  return found
}

function where(node: ts.Node): string {
  const file = node.getSourceFile()
  const { line } = file.getLineAndCharacterOfPosition(node.getStart())
  return `${relative(root, file.fileName)}:${line + 1}: ${node.getText()}`
}
