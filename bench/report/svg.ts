/** A place on the picture, its top left corner. */
export interface Place {
  x: number
  y: number
}

interface TextOptions {
  anchor?: 'start' | 'middle' | 'end'
  /** A class of the picture's style. */
  as?: 'title' | 'label' | 'small'
}

export function text(
  { x, y }: Place,
  content: string,
  { anchor = 'start', as = 'label' }: TextOptions = {},
): string {
  return `<text x="${at(x)}" y="${at(y)}" class="${as}" text-anchor="${anchor}">${escaped(content)}</text>`
}

/** `as`: a class of the picture's style, for its colour. */
export function rect({ x, y }: Place, width: number, height: number, as: string): string {
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(width)}" height="${at(height)}" class="${as}"/>`
}

export function line(points: Place[], as: string): string {
  return `<polyline points="${points.map(({ x, y }) => `${at(x)},${at(y)}`).join(' ')}" class="${as}"/>`
}

export function dot({ x, y }: Place, as: string): string {
  return `<circle cx="${at(x)}" cy="${at(y)}" r="3.5" class="${as}"/>`
}

/** A whole document with a style in which texts and colours are readable on light and dark screens. */
export function svg(width: number, height: number, title: string, parts: string[]): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    rect({ x: 0, y: 0 }, width, height, 'paper'),
    ...parts,
    '</svg>',
    '',
  ].join('\n')
}

/** Classes for colours: a dark variant of each where the reader's screen is dark. */
const colours: Record<string, { light: string; dark: string }> = {
  paper: { light: '#ffffff', dark: '#161b22' },
  ink: { light: '#1f2328', dark: '#e6edf3' },
  quiet: { light: '#59636e', dark: '#9da7b3' },
  first: { light: '#1f6feb', dark: '#58a6ff' },
  second: { light: '#bc4c00', dark: '#f0883e' },
  third: { light: '#8c959f', dark: '#7d8590' },
  mark: { light: '#cf222e', dark: '#ff7b72' },
}

const style = [
  'text { font-family: system-ui, sans-serif; font-size: 13px; fill: var(--ink) }',
  '.title { font-size: 16px; font-weight: 600 } .small { font-size: 12px; fill: var(--quiet) }',
  'polyline { fill: none; stroke-width: 2 } .axis { stroke: var(--quiet); stroke-width: 1 }',
  '.goal { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 5 4 } .spread { stroke: var(--ink) }',
  '.curve { stroke: var(--first) }',
  ...Object.keys(colours).map((name) => `.${name} { fill: var(--${name}) }`),
  `svg { ${variables('light')} }`,
  `@media (prefers-color-scheme: dark) { svg { ${variables('dark')} } }`,
].join(' ')

function variables(scheme: 'light' | 'dark'): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}: ${colour[scheme]};`)
    .join(' ')
}

function at(number: number): string {
  return String(Math.round(number * 10) / 10)
}

function escaped(content: string): string {
  return content.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
