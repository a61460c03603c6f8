import { html, type Content, type Html } from '../web/html'

const dates = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeZone: 'UTC' })
const moments = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short' })

/** A field's value of any type in readable form, or "not set". */
export function fieldValue(value: unknown): Html {
  if (isEmpty(value)) return html`<span class="none">not set</span>`
  if (Array.isArray(value)) return html`${list(value.map((item) => html`<bdi>${text(item)}</bdi>`))}`
  if (value instanceof Date)
    return html`<time datetime="${value.toISOString()}">${dates.format(value)}</time>`
  return html`<bdi>${text(value)}</bdi>`
}

/** A point in time, in the server's time zone. */
export function moment(at: Date): Html {
  return html`<time datetime="${at.toISOString()}">${moments.format(at)}</time>`
}

export function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

/** Puts commas between the items. */
export function list(items: readonly Content[]): Content[] {
  return items.map((item, i) => [i > 0 && ', ', item])
}

/** "1 field", "2 fields" */
export function count(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`
}

function text(value: unknown): Content {
  if (typeof value === 'boolean') return value ? 'Yes' : 'No'
  return String(value)
}
