import type { Field } from '../../fields/catalog'
import type { CertificateState } from '../../stored-sources/certificate-states'
import type { SourceProblem } from '../../sources/option-problems'
import { html, type Html } from '../html'
import { controlId, type FormState } from './control-html'
import { controlLabel } from './controls'
import { connectionFields, controlsIn } from './form-controls'
import type { Difference } from './form-data'
import { identifierSection, jitSection } from './jit-fields'
import { frame, labelOf, tableHead } from './page-parts'

export interface SourceFormView extends FormState {
  /** Where the admin area is mounted. */
  base: string
  fields: readonly Field[]
  certificates: readonly CertificateState[]
  /** How many users of the stored domains have never signed in here. Undefined if it is not known, or does not matter. */
  unseen?: number | undefined
  version?: number
  /** Problems that belong to no control. */
  others?: readonly SourceProblem[]
  /** Set if somebody else saved the source while the form was open. */
  stale?: readonly Difference[]
  /** A message about what was done without saving, such as reading metadata. */
  notice?: string
  warnings?: readonly string[]
}

/** The form of one source, in the order of the work: connection, identifiers, JIT. */
export function sourceFormPage(form: SourceFormView): Html {
  const { base, stored, protocol, version } = form
  const page = stored && `${base}/${encodeURIComponent(stored.id)}`
  return frame({
    trail: [
      { label: 'SSO sources', href: `${base}/` },
      ...(stored && page ? [{ label: labelOf(stored), href: page }] : []),
    ],
    main: html`<h1>
        ${stored ? html`Edit <bdi>${labelOf(stored)}</bdi>` : `Add ${protocol === 'saml' ? 'a SAML' : 'an OpenID Connect'} source`}
      </h1>
      ${errorSummary(form)} ${staleNotice(form)} ${notices(form)}
      <form method="post" action="${page ?? `${base}/`}" class="source-form" novalidate>
        <input type="hidden" name="protocol" value="${protocol}" />
        ${version !== undefined && html`<input type="hidden" name="version" value="${version}" />`}
        ${defaultButton()} ${controlsIn(form, 'name')}
        ${section('connection', 'Connection', connectionFields(form, form.certificates))}
        ${section('login-identifiers', 'Login identifiers', identifierSection(form))}
        ${section('jit', 'Just-in-Time', jitSection(form))}
        <p class="actions">
          <button class="primary">${stored ? 'Save' : 'Add source'}</button>
          <a href="${page ?? `${base}/`}">Cancel</a>
        </p>
      </form>`,
  })
}

/** Makes Enter in any line save. Otherwise it would press the first button of the form. */
function defaultButton(): Html {
  return html`<button class="visually-hidden" tabindex="-1" aria-hidden="true">Save</button>`
}

function section(id: string, title: string, content: Html): Html {
  return html`<section aria-labelledby="${id}-title">
    <h2 id="${id}-title">${title}</h2>
    ${content}
  </section>`
}

function errorSummary({ errors, others = [], fields }: SourceFormView): Html | false {
  const count = errors.size + others.length
  return (
    count > 0 &&
    html`<div class="banner bad" role="alert" id="errors" tabindex="-1">
      <p>Fix ${count === 1 ? '1 problem' : `${count} problems`}. Nothing was saved.</p>
      <ul>
        ${[...errors].map(
          ([name, messages]) =>
            html`<li>
              <a href="#${controlId(name)}">${controlLabel(name, fields)}</a>: ${messages.join(' ')}
            </li>`,
        )}
        ${others.map(({ option, message }) => html`<li>${option && html`<code>${option}</code>: `}${message}</li>`)}
      </ul>
    </div>`
  )
}

function staleNotice({ stale, fields }: SourceFormView): Html | undefined {
  if (!stale) return undefined
  return html`<div class="banner warn" role="alert">
    <p>
      Someone else saved this source while you were editing it. Your changes aren’t saved, but they’re still
      in the form below. Saving again replaces the stored values.
    </p>
    ${
      stale.length === 0
        ? html`<p>Your values match the stored ones.</p>`
        : html`<table class="differences">
            ${tableHead(['Setting', 'Stored value', 'Your value'])}
            <tbody>
              ${stale.map(
                ({ name, stored, typed }) =>
                  html`<tr>
                    <th scope="row"><a href="#${controlId(name)}">${controlLabel(name, fields)}</a></th>
                    <td data-label="Stored value">${excerpt(stored)}</td>
                    <td data-label="Your value">${excerpt(typed)}</td>
                  </tr>`,
              )}
            </tbody>
          </table>`
    }
  </div>`
}

function excerpt(text: string): Html | string {
  if (text === '') return html`<span class="quiet">nothing</span>`
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}

function notices({ notice, warnings = [], again = [] }: SourceFormView): Html {
  return html`${notice && html`<p class="banner good" role="status">${notice}</p>`}
  ${
    warnings.length + again.length > 0 &&
    html`<ul class="banner warn">
      ${warnings.map((warning) => html`<li>${warning}</li>`)}
      ${again.map(
        (name) =>
          html`<li>
            <a href="#${controlId(name)}">${controlLabel(name)}</a>: enter it again. Secrets aren’t sent back
            to this page.
          </li>`,
      )}
    </ul>`
  }`
}

/** The first question about a new source: its protocol. */
export function addPage(base: string): Html {
  return frame({
    trail: [{ label: 'SSO sources', href: `${base}/` }],
    main: html`<h1>Add a source</h1>
      <p>Which protocol does the identity provider use? You can’t change it later.</p>
      <ul class="protocols">
        <li>
          <a href="${base}/new?protocol=saml"><strong>SAML 2.0</strong></a>
          <p>
            For Okta, Entra ID, Google Workspace, AD FS and most other company providers. You need the
            provider’s metadata, as a file or an address.
          </p>
        </li>
        <li>
          <a href="${base}/new?protocol=oidc"><strong>OpenID Connect</strong></a>
          <p>
            For Okta, Entra ID, Keycloak, OneLogin and newer providers. You need the issuer, a client ID and
            usually a client secret. If the provider supports both protocols, this one is easier to set up.
          </p>
        </li>
      </ul>`,
  })
}
