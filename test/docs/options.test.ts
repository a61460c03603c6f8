import type { z } from 'zod'
import { standardFields } from '../../src'
import { generalOptions } from '../../src/sources/general-options'
import { oidcOptions } from '../../src/sources/oidc-options'
import type { OptionTable } from '../../src/sources/option-table'
import { refusedOptions } from '../../src/sources/options'
import { samlOptions } from '../../src/sources/saml-options'
import { membersOf } from './helpers/declared'
import { namesIn, tableRows, textOf } from './helpers/pages'

const page = 'docs/options.md'

/** The rows of a table by the names in their first cell; the head is none. */
function rowsOf(heading: string): Map<string, string[]> {
  return new Map(tableRows(page, heading).flatMap((cells) => namesIn(cells[0]!).map((name) => [name, cells])))
}

const optionsIn = (heading: string): string[] => [...rowsOf(heading).keys()]

describe('the page of options', () => {
  it.each<[heading: string, declaration: string]>([
    ['## `jitUser`: which fields', 'FieldOptions'],
    ['## `createJit`', 'JitOptions'],
    ['## `router`', 'RouterOptions'],
    ['## `adminRouter`', 'AdminRouterOptions'],
    ['## `mongoSources`', 'MongoSourcesOptions'],
    ['## A source', 'SourceConfig'],
    ['### `saml`', 'SamlOptions'],
    ['### `oidc`', 'OidcOptions'],
  ])('has every option below “%s”, and no other', (heading, declaration) => {
    const below = optionsBelow(heading)
    // Routes, which have a table of their own below `router`, are no names.
    const own = optionsIn(heading).filter((name) => /^[a-z]\w*$/.test(name) && !below.includes(name))
    expect(own.sort()).toEqual(membersOf(declaration).sort())
  })

  it('has what is remembered of sign-ins', () => {
    const text = textOf(page)
    for (const name of membersOf('ActivityOptions')) {
      expect(text).toContain(`\`activity.${name}\``)
    }
  })

  it('has every limit of SAML messages', () => {
    const row = rowsOf('## `createJit`').get('samlLimits')!
    const limits = membersOf('SamlLimits')
    expect(namesIn(row[1]!)).toEqual([`{ ${limits.join(', ')} }`])
    for (const name of limits) expect(textOf(page)).toContain(`\`${name}\``)
  })

  it('has every option of the strategies', () => {
    const started = membersOf('StartOptions').filter((name) => name !== 'test')
    expect(optionsIn('## `passport.authenticate`')).toEqual(started)
  })

  it('has every member of what createJit returns', () => {
    const calls = optionsIn('### What it returns').map((call) => /^\w+/.exec(call)![0])
    expect(calls.sort()).toEqual(membersOf('Jit').sort())
  })

  it.each<[heading: string, table: OptionTable]>([
    ['## A source', generalOptions],
    ['### `saml`', samlOptions],
    ['### `oidc`', oidcOptions],
  ])('has the words among which one may choose, below “%s”', (heading, table) => {
    const rows = rowsOf(heading)
    for (const [name, { schema }] of Object.entries(table)) {
      const words = choicesOf(schema as z.ZodType)
      if (words) expect({ name, words: namesIn(rows.get(name)![1]!) }).toEqual({ name, words })
    }
  })

  it('has the options that are refused', () => {
    const text = textOf(page)
    for (const name of Object.keys(refusedOptions)) expect(text).toContain(`\`${name}\``)
  })

  it('has every standard field as it is', () => {
    const rows = tableRows(page, '### Standard fields').slice(1)
    const expected = Object.entries(standardFields).map(([name, { label, attribute, role = '' }]) => [
      ...[`\`${name}\``, label],
      ...[`\`${attribute.saml}\``, `\`${attribute.oidc}\``, role],
    ])
    expect(rows).toEqual(expected)
  })
})

/** What stands below a heading of a lower level is another table. */
function optionsBelow(heading: string): string[] {
  const below: Record<string, string[]> = {
    '## `createJit`': ['### What it returns'],
    '## `jitUser`: which fields': ['### Standard fields'],
    '## A source': ['### `saml`', '### `oidc`'],
  }
  return (below[heading] ?? []).flatMap(optionsIn)
}

/** The words of an option that takes one of several, as the page writes them. */
function choicesOf(schema: z.ZodType): string[] | undefined {
  const inner = 'unwrap' in schema ? (schema.unwrap as () => z.ZodType)() : schema
  return 'options' in inner &&
    Array.isArray(inner.options) &&
    inner.options.every((one) => typeof one === 'string')
    ? inner.options.map((one) => `'${one}'`)
    : undefined
}
