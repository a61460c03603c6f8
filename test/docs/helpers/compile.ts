import { join } from 'node:path'
import ts from 'typescript'
import { blocksOf, filesOf, pages, root } from './pages'

/** The directory that the compiler sees for the code of the pages. */
const folder = join(root, '.reports/docs/compiled')

/** The file of docs/README.md that declares names for short code blocks. */
const NAMES = 'names.mts'

/** One piece of code to compile, with the path for the compiler. Its lines are those of the page. */
type Sources = Map<string, { page: string; code: string }>

/** A JavaScript file of a page that also compiles as TypeScript, with code that the page appends. */
interface Converted {
  page: string
  file: string
  added: string
}

/** The compiler's errors in the TypeScript of all pages and in the converted file, each with page and line. */
export function compileErrors({ page, file, added }: Converted): string[] {
  const code = `${filesOf(page).get(file)}\n${added}`
  const converted: [string, { page: string; code: string }] = [
    join(folder, page, file.replace(/js$/, 'ts')),
    { page, code },
  ]
  const sources: Sources = new Map([
    ...pages.flatMap((each) => [...programsOf(each), ...snippetsOf(each)]),
    converted,
  ])
  const program = ts.createProgram([...sources.keys()], options(), hostOf(sources))
  return [...sources].flatMap(([path, source]) => {
    const compiled = program.getSourceFile(path)!
    return [...program.getSyntacticDiagnostics(compiled), ...program.getSemanticDiagnostics(compiled)].map(
      (problem) => {
        const line = compiled.getLineAndCharacterOfPosition(problem.start ?? 0).line + 1
        return `${source.page}:${line}: ${ts.flattenDiagnosticMessageText(problem.messageText, '\n')}`
      },
    )
  })
}

/** The errors in the JavaScript of all pages that can be found without running it. */
export function syntaxErrors(): string[] {
  return pages.flatMap((page) =>
    blocksOf(page)
      .filter(({ language }) => language === 'js')
      .flatMap(({ line, code }) => {
        const { diagnostics = [] } = ts.transpileModule(code, {
          fileName: 'code.mjs',
          reportDiagnostics: true,
        })
        return diagnostics.map(
          ({ messageText }) => `${page}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
        )
      }),
  )
}

function programsOf(page: string): [string, { page: string; code: string }][] {
  return [...filesOf(page)]
    .filter(([file]) => /\.m?ts$/.test(file))
    .map(([file, code]) => [join(folder, page, file), { page, code }])
}

/** Code blocks without a file. Each is its own module and can use the names that the documentation declares. */
function snippetsOf(page: string): [string, { page: string; code: string }][] {
  return blocksOf(page)
    .filter(({ language, file }) => language === 'ts' && !file)
    .map(({ line, code }) => {
      const before = '\n'.repeat(line - 2) + `${importOfNames(code)}\n`
      return [join(folder, page, `line-${line}.mts`), { page, code: before + code }]
    })
}

/** On the line of the fence, so that all other lines keep their numbers. */
function importOfNames(code: string): string {
  const own = declaredIn(code)
  const names = ['app', 'express', 'jit', 'mongoose', 'passport', 'User'].filter((name) => !own.has(name))
  return `import { ${names.join(', ')} } from '${NAMES}'; export {}`
}

/** The names that a module declares or imports. */
function declaredIn(code: string): Set<string> {
  const names = new Set<string>()
  const visit = (node: ts.Node): void => {
    const { name } = node as { name?: ts.Node }
    const declares =
      ts.isVariableDeclaration(node) ||
      ts.isImportClause(node) ||
      ts.isImportSpecifier(node) ||
      ts.isFunctionDeclaration(node)
    if (declares && name && ts.isIdentifier(name)) names.add(name.text)
    if (!ts.isFunctionLike(node)) ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile('code.mts', code, ts.ScriptTarget.ES2022, false))
  return names
}

function options(): ts.CompilerOptions {
  return {
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    strict: true,
    exactOptionalPropertyTypes: true,
    noUncheckedIndexedAccess: true,
    esModuleInterop: true,
    skipLibCheck: true,
    types: ['node'],
    noEmit: true,
    paths: { 'passport-jit': [join(root, 'src/index.ts')], [NAMES]: [join(folder, 'docs/README.md', NAMES)] },
  }
}

/** The compiler's host, with the code of the pages among its files. */
function hostOf(sources: Sources): ts.CompilerHost {
  const host = ts.createCompilerHost(options())
  return {
    ...host,
    fileExists: (path) => sources.has(path) || host.fileExists(path),
    readFile: (path) => sources.get(path)?.code ?? host.readFile(path),
    getSourceFile: (path, target, ...rest) => {
      const code = sources.get(path)?.code
      return code === undefined
        ? host.getSourceFile(path, target, ...rest)
        : ts.createSourceFile(path, code, target)
    },
    // Otherwise the compiler does not look in directories that do not exist.
    directoryExists: undefined,
  }
}
