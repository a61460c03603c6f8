import type { AdminSource } from '../../stored-sources/admin-source'
import type { Source } from '../../sources/config'
import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'
import { activitySection, type ActivityView } from './activity-section'
import { certificateList } from './certificates'
import { controlLabel } from './controls'
import { deleteSection } from './delete-section'
import { integrationSection } from './integration-section'
import { mappingSection } from './mapping-section'
import { frame, labelOf, onOff } from './page-parts'
import { problemMessage } from './problem-messages'
import { setupSection } from './setup-section'
import { testSignInSection } from './test-sign-in-section'

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
  certificates: readonly CertificateState[]
  /** The product whose setup steps are shown, as the query names it. */
  product?: unknown
  /** A message about what was just done. */
  done?: string
  warnings?: readonly string[]
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
      ${facts(source)} ${messages(view)} ${certificateList(certificates)} ${sections(view, page)}`,
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
        This source is off: nobody can sign in through it. You can still set it up and test it.
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
      <p>Look at this before people sign in:</p>
      <ul>
        ${warnings.map((warning) => html`<li>${warning}</li>`)}
      </ul>
    </div>`
  }
  ${
    source.problems.length > 0 &&
    html`<div class="banner bad" role="alert">
      <p>Nobody can sign in through this source until you fix this:</p>
      <ul>
        ${source.problems.map((problem) => html`<li>${controlLabel(problem.option)}: ${problemMessage(problem)}</li>`)}
      </ul>
    </div>`
  }`
}

function sections(view: SourceView, page: string): Html {
  const { source, valid, baseUrl, linkedUsers, product, activity, deleteError } = view
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
  ${details && valid && setupSection({ page, details, source: valid, productId: product })}
  ${details && testSignInSection({ action: `${page}/test`, enabled: details.enabled })}
  ${activitySection(activity)}
  ${source.origin === 'database' && deleteSection({ page, source, linkedUsers, error: deleteError })}`
}
