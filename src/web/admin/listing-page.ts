import type { AdminSource } from '../../stored-sources/admin-source'
import { html, type Html } from '../html'
import { certificateNotice } from './certificates'
import { frame, labelOf, onOff, people, protocolName, timeAgo } from './page-parts'
import type { SourceStatus } from './source-status'

/** More sources than this get a search box. */
const SEARCH_FROM = 20

interface Listing {
  base: string
  sources: readonly SourceStatus[]
  total: number
  /** The number of sources that match the search. */
  matches: number
  query: string
  /** The number of this page of matches, from 1, and how many pages there are. */
  page: number
  pages: number
  /** Whether there is a database to add sources to. */
  canAdd: boolean
  /** The id of the source that was just deleted. */
  deleted?: string
}

/** Every source with its state. Its integration details and mapping are one click away. */
export function listingPage(listing: Listing): Html {
  const { base, sources, total, canAdd, deleted } = listing
  return frame({
    main: html`<header class="title-row">
        <h1>SSO sources</h1>
        ${canAdd && total > 0 && html`<a class="button primary" href="${base}/new">Add source</a>`}
      </header>
      ${deleted && html`<p class="banner good" role="status">The source <code>${deleted}</code> was deleted.</p>`}
      ${!canAdd && total > 0 && html`<p class="quiet">Every source of this app is set up in its code.</p>`}
      ${total === 0 && nothingYet(listing)} ${total > SEARCH_FROM && search(listing)}
      ${
        sources.length > 0 &&
        html`<ul class="sources">
          ${sources.map((status) => row(base, status))}
        </ul>`
      }
      ${listing.pages > 1 && pageLinks(listing)}
      ${total > 0 && sources.length === 0 && html`<p>No source matches.</p>`}`,
  })
}

function nothingYet({ base, canAdd }: Listing): Html {
  return html`<div class="empty">
    <p>
      An SSO source connects one identity provider, such as Okta, Entra ID or Keycloak. People sign in with
      their account there. Their accounts here can be created at the first sign-in and updated at every
      sign-in.
    </p>
    ${
      canAdd
        ? html`<p><a class="button primary" href="${base}/new">Add source</a></p>`
        : html`<p class="quiet">The sources of this app are set up in its code. There are none yet.</p>`
    }
  </div>`
}

function search({ base, query, matches, total }: Listing): Html {
  return html`<form class="search" method="get" action="${base}/" role="search">
    <label for="q">Find a source</label>
    <input type="search" id="q" name="q" value="${query}" autocomplete="off" />
    <button>Find</button>
    <span class="quiet">${query === '' ? `${total} sources` : `${matches} of ${total} sources`}</span>
  </form>`
}

function pageLinks({ base, query, page, pages }: Listing): Html {
  const link = (to: number, label: string): Html =>
    html`<a href="${base}/?${new URLSearchParams({ q: query, page: String(to) }).toString()}">${label}</a>`
  return html`<nav class="pages" aria-label="Pages">
    ${page > 1 && link(page - 1, 'Previous')}
    <span class="quiet">Page ${page} of ${pages}</span>
    ${page < pages && link(page + 1, 'Next')}
  </nav>`
}

function row(base: string, status: SourceStatus): Html {
  const { source, linkedUsers, lastSignIn } = status
  const page = `${base}/${encodeURIComponent(source.id)}`
  const { details } = source
  const enabled = details?.enabled ?? source.config.enabled !== false
  const certificate = certificateNotice(status.certificates)
  return html`<li class="source ${!enabled && 'off'}">
    <h2>
      <a href="${page}"><bdi>${labelOf(source)}</bdi></a>
    </h2>
    <p class="facts">
      <span>${protocolName(source.config.protocol)}</span>
      <span>${state(source, enabled)}</span>
      <span>Provisioning ${onOff(source.config.provisioning)}</span>
      <span>Syncing ${onOff(source.config.syncing)}</span>
      <span class="count">${people(linkedUsers)}</span>
    </p>
    <p class="links">
      <a href="${page}#integration-details">Integration details</a>
      <a href="${page}#field-mapping">Field mapping</a>
      <a href="${page}#test-sign-in">Test sign-in</a>
      ${source.origin === 'database' ? html`<a href="${page}/edit">Edit</a>` : html`<span>In code</span>`}
    </p>
    <p class="last quiet">${lastSignIn ? html`last sign-in ${timeAgo(lastSignIn)}` : 'no sign-ins yet'}</p>
    ${certificate && html`<p class="note warn">${certificate}</p>`}
  </li>`
}

function state({ problems }: AdminSource, enabled: boolean): Html {
  if (problems.length > 0) return html`<strong class="bad">broken</strong>`
  return enabled ? html`<strong class="good">on</strong>` : html`<strong class="quiet">off</strong>`
}
