import { readFileSync } from 'node:fs'
import path from 'node:path'

const read = (name: string): string => readFileSync(path.join(__dirname, name), 'utf8')

describe('the documentation', () => {
  it('shows the code that the tests run', () => {
    const code = read('groups-and-roles.ts')
    const blocks = [...read('../../docs/groups-and-roles.md').matchAll(/```ts\n([\s\S]*?)```/g)]
    expect(blocks).toHaveLength(4)
    for (const [, block = ''] of blocks) expect(code).toContain(block)
  })
})
