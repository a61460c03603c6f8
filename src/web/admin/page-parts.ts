import type { AdminSource } from '../../stored-sources/admin-source'
import { html, type Html } from '../html'

/** The frame of every page of the admin area. An app's layout may surround it. */
export function frame(parts: { trail?: readonly { label: string; href: string }[]; main: Html }): Html {
  return html`<main class="jit-admin">
    ${
      parts.trail &&
      html`<nav aria-label="Breadcrumb" class="trail">
        <ol>
          ${parts.trail.map(
            ({ label, href }) =>
              html`<li>
                <a href="${href}"><bdi>${label}</bdi></a>
              </li>`,
          )}
        </ol>
      </nav>`
    }
    ${parts.main}
    <p class="visually-hidden" aria-live="polite" id="announcement"></p>
  </main>`
}

/** A name or address that must be exact, with a button that copies it. */
export function copyable(value: string, what: string): Html {
  return html`<span class="copyable"
    ><code>${value}</code
    ><button type="button" class="copy" data-copy="${value}" hidden>
      <span class="copy-label">Copy</span><span class="visually-hidden"> ${what}</span>
    </button></span
  >`
}

interface ExactForm {
  action: string
  /** The name of the field, and its id on the page. */
  name: string
  label: Html | string
  button: string
  /** Why the last text was not accepted. */
  error: string | undefined
}

/** A form for something that can't be undone: it takes one text, which must be exact. */
export function exactForm({ action, name, label, button, error }: ExactForm): Html {
  return html`<form method="post" action="${action}" class="exact-form">
    <label for="${name}">${label}</label>
    ${error && html`<p class="error" id="${name}-error">${error}</p>`}
    <div class="actions">
      <input
        id="${name}"
        name="${name}"
        class="exact"
        autocomplete="off"
        spellcheck="false"
        autocapitalize="none"
        required
        ${error && html`aria-invalid="true" aria-describedby="${name}-error"`}
      />
      <button class="danger">${button}</button>
    </div>
  </form>`
}

/** The head of a table with these columns. */
export function tableHead(columns: readonly string[]): Html {
  return html`<thead>
    <tr>
      ${columns.map((column) => html`<th scope="col">${column}</th>`)}
    </tr>
  </thead>`
}

/** Names beside values, each value with a button that copies it. */
export function valueList(entries: readonly { name: string; value: string }[]): Html {
  return html`<dl class="values">
    ${entries.map(
      ({ name, value }) =>
        html`<div>
          <dt>${name}</dt>
          <dd>${copyable(value, name)}</dd>
        </div>`,
    )}
  </dl>`
}

export function labelOf({ id, config, details }: AdminSource): string {
  return details?.label ?? (typeof config.label === 'string' && config.label !== '' ? config.label : id)
}

export function protocolName(protocol: unknown): string {
  return protocol === 'saml' ? 'SAML' : 'OIDC'
}

export function onOff(on: unknown): string {
  return on === true ? 'on' : 'off'
}

export function people(count: number): string {
  return count === 1 ? '1 person' : `${count.toLocaleString('en')} people`
}

/** How long ago something was, with the exact time in a tooltip. */
export function timeAgo(at: Date, now: Date = new Date()): Html {
  return html`<time datetime="${at.toISOString()}" title="${at.toISOString()}">${agoOf(at, now)}</time>`
}

function agoOf(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / 60_000)
  if (minutes < 1) return 'just now'
  if (minutes < 60) return `${minutes} min ago`
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`
  const days = Math.floor(minutes / (24 * 60))
  if (days === 1) return 'yesterday'
  return days < 31 ? `${days} days ago` : `on ${at.toISOString().slice(0, 10)}`
}
