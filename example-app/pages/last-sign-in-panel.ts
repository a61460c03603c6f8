import type { Change, Notice, NoticeCode, Outcome, SourceDetails } from '../../src/index'
import type { LastSignInRecord } from '../last-sign-in'
import { html, type Content, type Html } from '../web/html'
import { count, fieldValue, isEmpty, list, moment } from './values'

/** The changes and notices of the last sign-in. */
export function lastSignInPanel(record: LastSignInRecord | null, sources: readonly SourceDetails[]): Html {
  return html`<section class="last-sign-in" aria-labelledby="last-sign-in">
    <h2 id="last-sign-in">Last sign-in</h2>
    ${record ? panel(record, sources) : html`<p class="none">No sign-in yet.</p>`}
  </section>`
}

function panel(
  { at, source, outcome, changes, notices }: LastSignInRecord,
  sources: readonly SourceDetails[],
): Html {
  const label = sources.find(({ id }) => id === source)?.label ?? source
  return html`<p class="when">${moment(at)}<br />through <bdi>${label}</bdi></p>
    <p class="outcome ${outcome}">${outcomeText(outcome, changes.length)}</p>
    ${changes.length > 0 && (outcome === 'provisioned' ? created(changes) : diff(changes))}
    ${notices.length > 0 && noticeList(notices)}`
}

function outcomeText(outcome: Outcome, changed: number): string {
  const updated = changed > 0 ? `${count(changed, 'field')} updated` : 'nothing changed'
  switch (outcome) {
    case 'provisioned':
      return `Profile created, ${count(changed, 'field')} filled in`
    case 'linked':
      return `Recognized and linked, ${updated}`
    default:
      return updated[0]?.toUpperCase() + updated.slice(1)
  }
}

/** A new profile has no old values, so this lists only the fields. */
function created(changes: readonly Change[]): Html {
  return html`<details>
    <summary>Fields filled in</summary>
    <ul class="plain">
      ${changes.map(({ label }) => html`<li>${label}</li>`)}
    </ul>
  </details>`
}

function diff(changes: readonly Change[]): Html {
  return html`<dl class="diff">
    ${changes.map(
      ({ label, from, to }) =>
        html`<div>
          <dt>${label}</dt>
          <dd>
            <span class="visually-hidden">from</span>
            ${isEmpty(from) ? fieldValue(from) : html`<del>${fieldValue(from)}</del>`}
            <span class="arrow" aria-hidden="true">→</span> <span class="visually-hidden">to</span>
            <ins>${fieldValue(to)}</ins>
          </dd>
        </div>`,
    )}
  </dl>`
}

function noticeList(notices: readonly Notice[]): Html {
  const missing = notices.filter(({ code }) => code === 'attribute_missing')
  const others = notices.filter(({ code }) => code !== 'attribute_missing')
  const explained = new Set(others.map(({ path }) => path))
  return html`<h3>Notices</h3>
    <ul class="notices">
      ${others.map(
        ({ code, message }) =>
          html`<li class="${code}"><strong>${headings[code]}</strong> ${sentence(message)}</li>`,
      )}
      ${notSent(missing.filter(({ path }) => !explained.has(path)))}
    </ul>`
}

/** One entry for all missing attributes, because identity providers rarely send everything. */
function notSent(missing: readonly Notice[]): Html | false {
  if (missing.length === 0) return false
  const names = missing.map(({ attribute }) => html`<code>${attribute}</code>`)
  return html`<li><strong>${headings.attribute_missing}</strong> ${list(names)}: values kept.</li>`
}

/** Shows the names that the library puts between these quotation marks as code. */
function sentence(message: string): Content[] {
  return message.split(/“(.+?)”/).map((part, i) => (i % 2 ? html`<code>${part}</code>` : part))
}

const headings: Record<NoticeCode, string> = {
  attribute_missing: 'Not sent',
  invalid_value: 'Invalid value',
  conflict: 'Used by another account',
  multiple_values: 'Several values',
  near_miss: 'Misspelled name',
  not_cleared: 'Not cleared',
  reference_pending: 'Not found yet',
  owned_elsewhere: 'Managed by another source',
}
