import ts from 'typescript'
import * as passportJit from '../../../src'
import { filesOf } from './pages'

/** What a module of a page exports, run in this process: for tests that put it into an app of their own. */
export function moduleOf<Exports>(page: string, file: string): Exports {
  const code = filesOf(page).get(file)
  if (code === undefined) throw new Error(`${page} has no file ${file}`)
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  const { outputText } = ts.transpileModule(code, { compilerOptions: options })
  const module = { exports: {} }
  // In this realm, where Mongoose and the tests are, as `node:vm` would not.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('module', 'exports', 'require', outputText) as (...given: unknown[]) => void
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what the page imports is known only here
  run(module, module.exports, (name: string) => (name === 'passport-jit' ? passportJit : require(name)))
  return module.exports as Exports
}
