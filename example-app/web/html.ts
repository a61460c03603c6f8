/** HTML that is safe to insert. Only the `html` tag makes it. */
export class Html {
  constructor(readonly text: string) {}

  toString(): string {
    return this.text
  }
}

export type Content = Html | string | number | false | null | undefined | readonly Content[]

/** Makes HTML from a template. Escapes every value that the tag has not made itself. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  const parts = strings.map((text, i) => text + (i < values.length ? render(values[i]) : ''))
  return new Html(parts.join(''))
}

function render(value: Content): string {
  if (value === undefined || value === null || value === false) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'string') return value.replace(/[&<>"']/g, (character) => entities[character] ?? '')
  if (typeof value === 'number') return String(value)
  return value.map(render).join('')
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
