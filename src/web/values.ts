import { legible } from '../fields/near-miss'
import { html, type Html } from './html'

/** The most of one value, and the most values, that a page shows. */
const MAX_CHARACTERS = 2_000
const MAX_SHOWN = 50

/** A received or stored value for an admin. Each of several values has its own line. */
export function valueHtml(value: unknown): Html {
  if (!Array.isArray(value)) return html`<code>${valueText(value)}</code>`
  if (value.length === 0) return html`<span class="quiet">no values</span>`
  const shown = value.slice(0, MAX_SHOWN) as unknown[]
  return html`<ul class="value-list">
    ${shown.map((item) => html`<li><code>${valueText(item)}</code></li>`)}
    ${value.length > MAX_SHOWN && html`<li class="quiet">and ${value.length - MAX_SHOWN} more</li>`}
  </ul>`
}

/** The stored value and its replacement. */
export function changeHtml({ from, to }: { from?: unknown; to?: unknown }): Html {
  return html`${isNothing(from) ? nothing : html`<del>${valueHtml(from)}</del>`}
    <span aria-hidden="true">→</span
    ><span class="visually-hidden"> becomes </span>
    ${isNothing(to) ? nothing : html`<ins>${valueHtml(to)}</ins>`}`
}

const nothing = html`<span class="quiet">nothing</span>`

function isNothing(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

export function nameHtml(name: string): Html {
  return html`<code>${legible(name)}</code>`
}

/** The further names of a field, after the first one. */
export function alternativesHtml(names: readonly string[]): Html | false {
  return (
    names.length > 0 &&
    html`<br /><small>or ${names.map((name, i) => html`${i > 0 && ', '}${nameHtml(name)}`)}</small>`
  )
}

/** Attribute names under a title, beside another such list. */
export function nameList(title: string, names: readonly string[]): Html {
  return html`<div class="name-list">
    <h3>${title}</h3>
    ${
      names.length === 0
        ? html`<p class="quiet">nothing</p>`
        : html`<ul class="names">
            ${names.map((name) => html`<li>${nameHtml(name)}</li>`)}
          </ul>`
    }
  </div>`
}

function valueText(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : jsonOf(value)
  if (text.trim() === '') return '(empty)'
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)` : text
}

function jsonOf(value: unknown): string {
  const json = typeof value === 'bigint' ? String(value) : (JSON.stringify(value) ?? String(value))
  // To JSON an id is a text.
  return typeof value === 'object' ? json.replace(/^"(.*)"$/s, '$1') : json
}
