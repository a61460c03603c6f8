import type { NamedField, SourceDetails } from '../../sources/details'
import { html, type Html } from '../html'
import { valueList } from './page-parts'

export function integrationSection(details: SourceDetails, baseUrl: string): Html {
  const { id, protocol, provisioning, loginIdentifiers, requiredFields, configuration } = details
  return html`<section id="integration-details" aria-labelledby="integration-details-title">
    <h2 id="integration-details-title">SSO integration details</h2>
    <h3>Login identifier</h3>
    <p>
      People are recognized by ${loginIdentifiers.length === 1 ? 'this' : 'these'}. Map at least one at the
      identity provider, under exactly this name.
    </p>
    ${names(loginIdentifiers)}
    ${
      provisioning &&
      html`<h3>Required fields</h3>
        <p>The identity provider must send these. Accounts aren’t created without them.</p>
        ${names(requiredFields)}`
    }
    <h3>Configuration details</h3>
    <p>Enter these at the identity provider.</p>
    ${valueList(configuration)}
    ${
      protocol === 'saml' &&
      html`<p>
        <a class="button" href="${baseUrl}/${id}/metadata" download="${id}-metadata.xml"
          >Download SP metadata</a
        >
        <span class="quiet">Contains all of these values. Use it if your provider can import metadata.</span>
      </p>`
    }
  </section>`
}

function names(fields: readonly NamedField[]): Html {
  return valueList(
    fields.map(({ label, attribute, alternatives }) => ({
      name: alternatives.length > 0 ? `${label} (also ${alternatives.join(', ')})` : label,
      value: attribute,
    })),
  )
}
