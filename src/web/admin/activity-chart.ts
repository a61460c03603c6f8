import type { DayCount } from '../../activity/entry'
import { html, type Html } from '../html'
import { tableHead } from './page-parts'

const WIDTH = 600
const HEIGHT = 96
/** The gap between two bars, as a fraction of a bar's room. */
const GAP = 0.25

type Group = Exclude<keyof DayCount, 'day'>

/** Stacked in this order, from the bottom of a bar. */
const groups: { name: Group; label: string }[] = [
  { name: 'signedIn', label: 'Signed in' },
  { name: 'created', label: 'Created' },
  { name: 'refused', label: 'Refused' },
]

/** A chart of sign-ins per day, stacked by outcome, with a table of the numbers. */
export function activityChart(days: readonly DayCount[]): Html {
  const title = `Sign-ins per day, the last ${days.length} days`
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="chart-title chart-text">
      <title id="chart-title">${title}</title>
      <desc id="chart-text">
        ${groups.map(({ name, label }) => `${label}: ${total(days, name)}.`).join(' ')}
      </desc>
      ${days.map((day, i) => bar(days, day, i))}
      <line class="axis" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}" />
    </svg>
    <p class="range quiet">
      <span>${days[0]?.day}</span><span>at most ${most(days)} a day</span><span>${days.at(-1)?.day}</span>
    </p>
    <ul class="legend">
      ${groups.map(
        ({ name, label }) =>
          html`<li><span class="swatch ${name}" aria-hidden="true"></span>${label} ${total(days, name)}</li>`,
      )}
    </ul>
    ${numbers(days)}
  </figure>`
}

function bar(days: readonly DayCount[], day: DayCount, index: number): Html[] {
  const room = WIDTH / days.length
  const scale = HEIGHT / Math.max(1, most(days))
  let top = HEIGHT
  return groups.flatMap(({ name, label }) => {
    const height = day[name] * scale
    if (height === 0) return []
    top -= height
    const x = index * room + (room * GAP) / 2
    return html`<rect
      class="${name}"
      x="${x.toFixed(2)}"
      y="${top.toFixed(2)}"
      width="${(room * (1 - GAP)).toFixed(2)}"
      height="${height.toFixed(2)}"
    >
      <title>${day.day}: ${label} ${day[name]}</title>
    </rect>`
  })
}

function numbers(days: readonly DayCount[]): Html {
  const used = days.filter((day) => sum(day) > 0).reverse()
  return html`<details>
    <summary>The numbers</summary>
    <table>
      <caption>
        Days with a sign-in, UTC
      </caption>
      ${tableHead(['Day', ...groups.map(({ label }) => label)])}
      <tbody>
        ${used.map(
          (day) =>
            html`<tr>
              <th scope="row">${day.day}</th>
              ${groups.map(({ name, label }) => html`<td data-label="${label}">${day[name]}</td>`)}
            </tr>`,
        )}
      </tbody>
    </table>
  </details>`
}

function total(days: readonly DayCount[], name: Group): number {
  return days.reduce((count, day) => count + day[name], 0)
}

function most(days: readonly DayCount[]): number {
  return Math.max(0, ...days.map(sum))
}

function sum({ signedIn, created, refused }: DayCount): number {
  return signedIn + created + refused
}
