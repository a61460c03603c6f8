import ts from 'typescript'
import * as passportJit from '../../../src'
import { filesOf } from './pages'

/** The exports of a page's module, run in this process, for tests that use it in their own app. */
export function moduleOf<Exports>(page: string, file: string): Exports {
  const code = filesOf(page).get(file)
  if (code === undefined) throw new Error(`${page} has no file ${file}`)
  const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022, esModuleInterop: true }
  const { outputText } = ts.transpileModule(code, { compilerOptions: options })
  const module = { exports: {} }
  // Runs in this realm, like Mongoose and the tests; `node:vm` would not.
  // eslint-disable-next-line @typescript-eslint/no-implied-eval
  const run = new Function('module', 'exports', 'require', outputText) as (...given: unknown[]) => void
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- what the page imports is known only here
  run(module, module.exports, (name: string) => (name === 'passport-jit' ? passportJit : require(name)))
  return module.exports as Exports
}
