import { html, type Html } from './html'

/** The most of one value, and the most values, that a page shows. */
const MAX_CHARACTERS = 2_000
const MAX_SHOWN = 50

/** A value as it arrived or is stored, for an admin's eyes: each of several in a line of its own. */
export function valueHtml(value: unknown): Html {
  if (!Array.isArray(value)) return html`<code>${valueText(value)}</code>`
  if (value.length === 0) return html`<span class="quiet">no values</span>`
  const shown = value.slice(0, MAX_SHOWN) as unknown[]
  return html`<ul class="values">
    ${shown.map((one) => html`<li><code>${valueText(one)}</code></li>`)}
    ${value.length > MAX_SHOWN && html`<li class="quiet">and ${value.length - MAX_SHOWN} more</li>`}
  </ul>`
}

/** One value in one line. */
export function valueText(value: unknown): string {
  const text = value instanceof Date ? value.toISOString() : typeof value === 'string' ? value : jsonOf(value)
  if (text.trim() === '') return '(empty)'
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}… (${text.length} characters)` : text
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? String(value)
}
