import type { MappingRow, NamedField, SourceDetails } from '../../src/index'
import { html, type Html } from '../web/html'
import { appPage } from './layout'

/** The integration details and field mapping of each SSO source, for its provider's console. */
export function sourcesPage(
  sources: readonly SourceDetails[],
  reader: { signedIn: boolean; admin: boolean },
): string {
  return appPage({
    title: 'SSO sources',
    signedIn: reader.signedIn,
    current: '/sources',
    main: html`<h1>SSO sources</h1>
      ${reader.admin && html`<p><a class="button" href="/admin/sso">Add and edit sources</a></p>`}
      <p class="lead">
        Enter these values at each identity provider, and send each field under exactly this name. Change the
        mapping at the identity provider.
      </p>
      ${sources.length > 1 && tableOfContents(sources)} ${sources.map(source)}
      ${sources.length === 0 && html`<p>No source is configured.</p>`}`,
  })
}

function tableOfContents(sources: readonly SourceDetails[]): Html {
  return html`<ul class="toc">
    ${sources.map(({ id, label }) => html`<li><a href="#${id}">${label}</a></li>`)}
  </ul>`
}

function source(details: SourceDetails): Html {
  const { id, label, protocol, enabled, provisioning, syncing } = details
  return html`<section class="source-section" id="${id}" aria-labelledby="${id}-title">
    <h2 id="${id}-title">${label}</h2>
    <p class="facts">
      ${protocol === 'saml' ? 'SAML 2.0' : 'OpenID Connect'} · sign-in ${onOff(enabled)} · provisioning
      ${onOff(provisioning)} · syncing ${onOff(syncing)}
    </p>
    <h3>Login identifier</h3>
    ${nameList(details.loginIdentifiers)}
    <h3>Required fields</h3>
    ${provisioning ? nameList(details.requiredFields) : html`<p class="none">None. This source doesn’t create users.</p>`}
    <h3>Configuration details</h3>
    ${values(details.configuration)} ${mapping(details.fieldMapping)}
  </section>`
}

function nameList(fields: readonly NamedField[]): Html {
  return values(fields.map(({ label, attribute }) => ({ name: label, value: attribute })))
}

/** Values to copy, each under its name. */
function values(entries: readonly { name: string; value: string }[]): Html {
  return html`<dl class="values">
    ${entries.map(
      ({ name, value }) =>
        html`<div>
          <dt>${name}</dt>
          <dd><code>${value}</code></dd>
        </div>`,
    )}
  </dl>`
}

function mapping(fields: readonly MappingRow[]): Html {
  const group = (kind: MappingRow['kind']): Html[] =>
    fields.filter((field) => field.kind === kind).map(mappingRow)
  return html`<h3>Field mapping</h3>
    <table class="mapping">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Attribute name</th>
          <th scope="col">Type</th>
          <th scope="col">Required</th>
          <th scope="col">Identifier</th>
          <th scope="col">Provisioned</th>
          <th scope="col">Synced</th>
        </tr>
      </thead>
      <tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="7">Standard fields</th>
        </tr>
        ${group('standard')}
      </tbody>
      <tbody>
        <tr class="group">
          <th scope="rowgroup" colspan="7">Custom fields</th>
        </tr>
        ${group('custom')}
      </tbody>
    </table>`
}

function mappingRow({ label, attribute, type, ...is }: MappingRow): Html {
  return html`<tr>
    <th scope="row">${label}</th>
    <td data-label="Attribute name"><code>${attribute}</code></td>
    <td data-label="Type">${type}</td>
    ${dot('Required', is.required)} ${dot('Identifier', is.identifier)} ${dot('Provisioned', is.provision)}
    ${dot('Synced', is.sync)}
  </tr>`
}

function dot(label: string, yes: boolean): Html {
  return html`<td class="dot ${!yes && 'no'}" data-label="${label}">
    <span aria-hidden="true">${yes && '●'}</span><span class="visually-hidden">${yes ? 'yes' : 'no'}</span>
  </td>`
}

function onOff(on: boolean): string {
  return on ? 'on' : 'off'
}
