import type { AdminSource } from '../../stored-sources/admin-source'
import type { Source } from '../../sources/config'
import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'
import { activitySection, type ActivityView, type ProtocolOf } from './activity-section'
import { certificateList } from './certificates'
import { delegationNotice } from './delegation-notice'
import { controlLabel } from './controls'
import { disconnectSection } from './disconnect-section'
import { integrationSection } from './integration-section'
import { mappingSection } from './mapping-section'
import { exactForm, frame, labelOf, onOff, people } from './page-parts'
import { problemMessage } from './problem-messages'
import { setSection } from './set-section'
import { setupSection } from './setup-section'

export interface SourceView {
  /** Where the admin area is mounted. */
  base: string
  /** Where people sign in. */
  baseUrl: string
  source: AdminSource
  /** Undefined if it is broken. */
  valid?: Source
  linkedUsers: number
  activity: ActivityView
  /** The activity may be searched for a refusal at another source. */
  protocolOf: ProtocolOf
  certificates: readonly CertificateState[]
  /** The product whose setup steps are shown, as the query names it. */
  product?: unknown
  /** Whether the admin can accept the domains that an organization claims. */
  canAccept: boolean
  /** A message about what was just done. */
  done?: string
  warnings?: readonly string[]
  /** Why a person was not disconnected. */
  disconnectError?: string
  /** Why the source was not deleted. */
  deleteError?: string
}

/** One source: what to enter at its provider, which names it must send, whether it works, recent activity. */
export function sourcePage(view: SourceView): Html {
  const { base, source, certificates } = view
  const page = `${base}/${encodeURIComponent(source.id)}`
  return frame({
    trail: [{ label: 'SSO sources', href: `${base}/` }],
    main: html`<header class="title-row">
        <h1><bdi>${labelOf(source)}</bdi></h1>
        ${source.origin === 'database' && html`<a class="button" href="${page}/edit">Edit</a>`}
      </header>
      ${facts(source)} ${messages(view)} ${delegationNotice(view, page)} ${certificateList(certificates)}
      ${sections(view, page)}`,
  })
}

function facts({ id, origin, config, details }: AdminSource): Html {
  const isOn = details?.enabled ?? config.enabled !== false
  return html`<p class="facts">
      <span>${config.protocol === 'saml' ? 'SAML 2.0' : 'OpenID Connect'}</span>
      <span><code>${id}</code></span>
      <span>Sign-in ${onOff(isOn)}</span>
      <span>Provisioning ${onOff(config.provisioning)}</span>
      <span>Syncing ${onOff(config.syncing)}</span>
    </p>
    ${
      origin === 'code' &&
      html`<p class="banner">This source is set up in the app’s code, and is read-only here.</p>`
    }
    ${
      !isOn &&
      html`<p class="banner">
        This source is off, so no one can sign in through it. You can still set it up and test it.
      </p>`
    }`
}

function messages({ source, done, warnings = [], deleteError }: SourceView): Html {
  return html`${
    deleteError &&
    html`<div class="banner bad" role="alert" id="errors" tabindex="-1">
      <p>
        Nothing was deleted: <a href="#confirm">type the id of this source</a> exactly as it is written there.
      </p>
    </div>`
  }
  ${done && html`<p class="banner good" role="status">${done}</p>`}
  ${
    warnings.length > 0 &&
    html`<div class="banner warn" role="status">
      <p>Check this before people sign in:</p>
      <ul>
        ${warnings.map((warning) => html`<li>${warning}</li>`)}
      </ul>
    </div>`
  }
  ${
    source.problems.length > 0 &&
    html`<div class="banner bad" role="alert">
      <p>No one can sign in through this source until you fix this:</p>
      <ul>
        ${source.problems.map((problem) => html`<li>${controlLabel(problem.option)}: ${problemMessage(problem)}</li>`)}
      </ul>
    </div>`
  }`
}

function sections(view: SourceView, page: string): Html {
  const { source, valid, baseUrl, product, activity, protocolOf } = view
  const { details } = source
  return html`${
    details &&
    html`<nav aria-label="On this page" class="contents">
      <a href="#integration-details">Integration details</a>
      <a href="#field-mapping">Field mapping</a>
      <a href="#setup">Setup steps</a>
      <a href="#test-sign-in">Test sign-in</a>
      <a href="#activity">Activity</a>
    </nav>`
  }
  ${details && integrationSection(details, baseUrl)} ${details && mappingSection(details)}
  ${setSection(source.config.set)}
  ${details && valid && setupSection({ page, details, source: valid, productId: product })}
  ${details && testSignInSection(page, details.enabled)} ${activitySection(activity, protocolOf)}
  ${disconnectSection(page, view.disconnectError)}
  ${source.origin === 'database' && deleteSection(page, view)}`
}

function testSignInSection(page: string, enabled: boolean): Html {
  return html`<section id="test-sign-in" class="test-sign-in" aria-labelledby="test-sign-in-title">
    <h2 id="test-sign-in-title">Test sign-in</h2>
    <p>
      Sign in at the provider as yourself or with a test account. You’ll see what the provider sends and what
      a real sign-in would do. Nothing is stored or changed, and you stay signed in here.
    </p>
    ${!enabled && html`<p class="quiet">This source is off. You can still test it.</p>`}
    <form method="post" action="${page}/test">
      <button type="submit" class="button">Test sign-in</button>
    </form>
    <p class="quiet">The result appears in this window after you sign in.</p>
  </section>`
}

function deleteSection(page: string, { source, linkedUsers, deleteError: error }: SourceView): Html {
  return html`<section id="delete" aria-labelledby="delete-title">
    <h2 id="delete-title">Edit or delete</h2>
    <p><a class="button" href="${page}/edit">Edit this source</a></p>
    <p>
      ${
        linkedUsers === 0
          ? 'No users are linked to this source.'
          : `${people(linkedUsers)} ${linkedUsers === 1 ? 'signs' : 'sign'} in through this source and won’t be able to after you delete it. Their accounts are kept.`
      }
      To pause it, turn it off instead.
    </p>
    ${exactForm({
      action: `${page}/delete`,
      name: 'confirm',
      label: html`Type <code>${source.id}</code> to delete this source`,
      button: 'Delete source',
      error,
    })}
  </section>`
}
