import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'

/** The repository. */
export const root = resolve(__dirname, '../../..')

/** A fenced block of a page. */
export interface Block {
  page: string
  /** The line of its first line of code, from 1. */
  line: number
  /** The first word after the fence: `ts`, `js`, `sh`, `json`, `http`, ... */
  language: string
  /** The file that it creates or continues: `file=server.mjs` after the language. */
  file: string | undefined
  code: string
}

/** Every page of the documentation, by its path in the repository. */
export const pages: readonly string[] = [
  ...['README.md', 'CHANGELOG.md', 'CONTRIBUTING.md', 'SECURITY.md'],
  ...markdownIn('docs'),
]

function markdownIn(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.md'))
    .map(({ parentPath, name }) => relative(root, join(parentPath, name)))
    .sort()
}

export function textOf(page: string): string {
  return readFileSync(join(root, page), 'utf8')
}

/** The fenced blocks of a page, in order. In a list they are indented. */
export function blocksOf(page: string): Block[] {
  const lines = textOf(page).split('\n')
  const blocks: Block[] = []
  for (let i = 0; i < lines.length; i++) {
    const [, indent = '', info] = /^( *)```(\S.*)?$/.exec(lines[i]!) ?? []
    if (info === undefined) continue
    const end = lines.findIndex((line, j) => j > i && line === `${indent}\`\`\``)
    if (end < 0) throw new Error(`${page}:${i + 1}: a block that does not end`)
    const code = lines.slice(i + 1, end).map((line) => line.slice(indent.length))
    const [language = '', ...rest] = info.split(' ')
    const file = rest.map((word) => /^file=(.*)$/.exec(word)?.[1]).find(Boolean)
    blocks.push({ page, line: i + 2, language, file, code: `${code.join('\n')}\n` })
    i = end
  }
  return blocks
}

/** The files that a page tells its reader to create, by name. Each line keeps its line number on the page. */
export function filesOf(page: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const { file, code, line } of blocksOf(page)) {
    if (!file) continue
    const before = files.get(file) ?? ''
    files.set(file, before + '\n'.repeat(line - before.split('\n').length) + code)
  }
  return files
}

/** A page's text below a heading, up to the next heading of its level or above. */
export function sectionOf(page: string, heading: string): string {
  const text = textOf(page)
  const start = text.indexOf(`\n${heading}\n`)
  if (start < 0) throw new Error(`${page} has no heading “${heading}”`)
  const level = /^#+/.exec(heading)![0]
  const rest = text.slice(start + heading.length + 2)
  const end = rest.search(new RegExp(`^#{1,${level.length}} `, 'm'))
  return end < 0 ? rest : rest.slice(0, end)
}

/** The rows of a page's tables below a heading, each a list of cell texts. */
export function tableRows(page: string, heading: string): string[][] {
  return sectionOf(page, heading)
    .split('\n')
    .filter((line) => line.startsWith('|') && !/^\| -/.test(line))
    .map((line) =>
      line
        .split(/(?<!\\)\|/)
        .slice(1, -1)
        .map((cell) => cell.trim()),
    )
}

/** The code in a cell or a text: `a`, `b`. */
export function namesIn(text: string): string[] {
  return [...text.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name)
}
