import { existsSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import packageJson from '../../package.json'
import { blocksOf, pages, root, textOf } from './helpers/pages'

const ours = pages.filter((page) => page.startsWith('docs/'))

/** A page without its code, which can look like a link or a heading. */
function proseOf(page: string): string {
  const code = new Set(blocksOf(page).flatMap(({ line, code }) => code.split('\n').map((_, i) => line + i)))
  const lines = textOf(page).split('\n')
  return lines.filter((_, i) => !code.has(i + 1)).join('\n')
}

/** The targets of a page's links to files: `rules.md#linking`. */
function linksOf(page: string): string[] {
  const prose = proseOf(page).replaceAll(/`[^`\n]*`/g, 'code')
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)
  return targets.filter((target) => !/^[a-z]+:/.test(target))
}

/** The anchors of a page's headings on GitHub and npm: the heading's words, with a hyphen for each space. */
function anchorsOf(page: string): string[] {
  const headings = [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => heading!)
  const slugs = headings.map((heading) =>
    heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
  return slugs.map((slug, i) => {
    const before = slugs.slice(0, i).filter((other) => other === slug).length
    return before ? `${slug}-${before}` : slug
  })
}

/** The path of a link, relative to the repository, and its fragment. */
function resolved(page: string, target: string): { path: string; anchor: string | undefined } {
  const [file, anchor] = target.split('#')
  return { path: file ? relative(root, join(root, dirname(page), file)) : page, anchor }
}

describe('links in the documentation', () => {
  it.each(pages)('resolve in %s', (page) => {
    const dead = linksOf(page).filter((target) => {
      const { path, anchor } = resolved(page, target)
      if (!existsSync(join(root, path))) return true
      return anchor !== undefined && !anchorsOf(path).includes(anchor)
    })
    expect(dead).toEqual([])
  })

  it.each(['README.md', 'docs/README.md'])('lead from %s to every top-level page', (index) => {
    const found = linksOf(index).map((target) => resolved(index, target).path)
    const missing = ours.filter((page) => dirname(page) === 'docs' && page !== index && !found.includes(page))
    expect(missing).toEqual([])
  })
})

describe('commands in the documentation', () => {
  it('are scripts in package.json', () => {
    const named = pages.flatMap((page) =>
      [...textOf(page).matchAll(/npm run ([\w:-]+)/g)].map(([, name]) => name!),
    )
    expect(named).toContain('example')
    expect(named.filter((name) => !(name in packageJson.scripts))).toEqual([])
  })
})
