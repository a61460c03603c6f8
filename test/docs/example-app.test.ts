import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { namesIn, root, tableRows } from './helpers/pages'

it('the page of the example app lists every environment variable', () => {
  const text = ['example-app/main.ts', 'dev-mongo/src/find.ts']
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n')
  const taken = /const \{ (.*) \} = process\.env/.exec(text)![1]!.split(', ')
  // PATH is the system's.
  const read = [...text.matchAll(/process\.env\.(?!PATH\b)(\w+)/g)].map(([, name]) => name!)
  const [, ...rows] = tableRows('docs/example-app.md', '## Settings')
  expect(rows.flatMap(([name = '']) => namesIn(name)).sort()).toEqual([...taken, ...read].sort())
})
