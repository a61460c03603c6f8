import type { z } from 'zod'
import { standardFields } from '../../src'
import { generalOptions } from '../../src/sources/general-options'
import { oidcOptions } from '../../src/sources/oidc-options'
import type { OptionTable } from '../../src/sources/option-table'
import { refusedOptions } from '../../src/sources/options'
import { samlOptions } from '../../src/sources/saml-options'
import { membersOf } from './helpers/declared'
import { namesIn, sectionOf, tableRows, textOf } from './helpers/pages'

const page = 'docs/options.md'

/** The options in the lists below a heading, each with its type: "- **`name`** (type; default: value): Effect." */
function typesOf(heading: string): Map<string, string> {
  const items = sectionOf(page, heading).split(/\n\s*(?=- )/)
  return new Map(
    items.flatMap((item) => {
      const [, names = '', details = ''] = /^- \*\*(.+?)\*\*(?:\s\((.*?)\))?: /s.exec(item) ?? []
      const [type = ''] = details.split(';')
      return namesIn(names).map((name): [string, string] => [name, type])
    }),
  )
}

const optionsIn = (heading: string): string[] => [...typesOf(heading).keys()]

describe('the options page', () => {
  it.each<[heading: string, declaration: string]>([
    ['## `jitUser`: which fields', 'FieldOptions'],
    ['## `createJit`', 'JitOptions'],
    ['## `router`', 'RouterOptions'],
    ['## `adminRouter`', 'AdminRouterOptions'],
    ['## `mongoSources`', 'MongoSourcesOptions'],
    ['## A source', 'SourceConfig'],
    ['### `saml`', 'SamlOptions'],
    ['### `oidc`', 'OidcOptions'],
  ])('lists exactly the options of “%s”', (heading, declaration) => {
    const below = optionsBelow(heading)
    const own = optionsIn(heading).filter((name) => !below.includes(name))
    expect(own.sort()).toEqual(membersOf(declaration).sort())
  })

  it('lists every activity option', () => {
    const text = textOf(page)
    for (const name of membersOf('ActivityOptions')) {
      expect(text).toContain(`\`activity.${name}\``)
    }
  })

  it('lists every SAML message limit', () => {
    const type = typesOf('## `createJit`').get('samlLimits')!
    const limits = membersOf('SamlLimits')
    expect(namesIn(type)).toEqual([`{ ${limits.join(', ')} }`])
    for (const name of limits) expect(textOf(page)).toContain(`\`${name}\``)
  })

  it('lists every strategy option', () => {
    const started = membersOf('StartOptions').filter((name) => !['test', 'connect'].includes(name))
    expect(optionsIn('## `passport.authenticate`')).toEqual(started)
  })

  it('lists every member that createJit returns', () => {
    const calls = optionsIn('### What it returns').map((call) => /^\w+/.exec(call)![0])
    expect(calls.sort()).toEqual(membersOf('Jit').sort())
  })

  it.each<[heading: string, table: OptionTable]>([
    ['## A source', generalOptions],
    ['### `saml`', samlOptions],
    ['### `oidc`', oidcOptions],
  ])('lists the values of every option with choices, in “%s”', (heading, table) => {
    const types = typesOf(heading)
    for (const [name, { schema }] of Object.entries(table)) {
      const words = choicesOf(schema as z.ZodType)
      if (words) expect({ name, words: namesIn(types.get(name)!) }).toEqual({ name, words })
    }
  })

  it('lists the options that cannot be set', () => {
    const text = textOf(page)
    for (const name of Object.keys(refusedOptions)) expect(text).toContain(`\`${name}\``)
  })

  it('lists every standard field with its names and role', () => {
    const rows = tableRows(page, '### Standard fields').slice(1)
    const expected = Object.entries(standardFields).map(([name, { label, attribute, role = '' }]) => [
      ...[`\`${name}\``, label],
      ...[`\`${attribute.saml}\``, `\`${attribute.oidc}\``, role],
    ])
    expect(rows).toEqual(expected)
  })
})

/** The options below the headings of a lower level, which belong to another declaration. */
function optionsBelow(heading: string): string[] {
  const below: Record<string, string[]> = {
    '## `createJit`': ['### What it returns'],
    '## `jitUser`: which fields': ['### Standard fields'],
    '## A source': ['### `saml`', '### `oidc`'],
  }
  return (below[heading] ?? []).flatMap(optionsIn)
}

/** The values of an option with choices, as the page writes them; undefined for another option. */
function choicesOf(schema: z.ZodType): string[] | undefined {
  const inner = 'unwrap' in schema ? (schema.unwrap as () => z.ZodType)() : schema
  return 'options' in inner &&
    Array.isArray(inner.options) &&
    inner.options.every((one) => typeof one === 'string')
    ? inner.options.map((one) => `'${one}'`)
    : undefined
}
