import type { AdminSource } from '../../stored-sources/admin-source'
import type { Protocol } from '../../sources/config'
import type { CertificateState } from '../../stored-sources/provider-check'
import { html, type Html } from '../html'
import { certificateList } from './certificates'
import { areaControl, flagControl, type FormState, selectControl, textControl } from './form-controls'
import { hasSecret } from './form-data'

interface Connection extends FormState {
  protocol: Protocol
  /** What is stored; undefined while a source is added. */
  stored?: AdminSource
  /** Of what the form holds now. */
  certificates: readonly CertificateState[]
}

/** What connects a source to its identity provider: only what its protocol needs. */
export function connectionFields(form: Connection): Html {
  return form.protocol === 'saml' ? samlFields(form) : oidcFields(form)
}

function samlFields(form: Connection): Html {
  return html`<p class="quiet">
      Your identity provider describes itself in a metadata document. Give it here, and sign-in URL, entity ID
      and certificates are filled in. You can also enter them by hand.
    </p>
    ${textControl(form, {
      name: 'saml.metadataUrl',
      hint: 'An https address. It is read once, now, and not again later.',
      exact: true,
      type: 'url',
    })}
    ${metadataArea(form)}
    <p><button name="action" value="read-metadata" formnovalidate>Read metadata</button></p>
    ${textControl(form, {
      name: 'saml.entryPoint',
      hint: 'Where people are sent to sign in: the identity provider’s single sign-on service.',
      exact: true,
      type: 'url',
    })}
    ${textControl(form, {
      name: 'saml.idpIssuer',
      hint: 'Also called issuer. Every answer must carry exactly this name.',
      exact: true,
    })}
    ${areaControl(form, {
      name: 'saml.idpCert',
      hint: 'In PEM form, one below the other. An answer signed with any of them is accepted, so the next one can stand here before the old one ends.',
      exact: true,
      rows: 6,
      placeholder: '-----BEGIN CERTIFICATE-----',
    })}
    ${certificateList(form.certificates)} ${samlMore(form)}`
}

function metadataArea(form: Connection): Html {
  return html`${areaControl(form, {
      name: 'saml.metadata',
      hint: 'Paste the whole document.',
      exact: true,
      rows: 4,
      placeholder: '<EntityDescriptor …>',
    })}
    <p class="field" data-upload="f-saml-metadata" hidden>
      <label for="metadata-file">Or choose the metadata file</label>
      <input
        type="file"
        id="metadata-file"
        accept=".xml,application/xml,text/xml,application/samlmetadata+xml"
      />
    </p>`
}

const samlMoreNames = [
  'saml.issuer',
  'saml.logoutUrl',
  'saml.authnRequestBinding',
  'saml.privateKey',
  'saml.publicCert',
  'saml.decryptionPvk',
  'saml.decryptionCert',
  'saml.allowIdpInitiated',
  'saml.allowSha1',
]

function samlMore(form: Connection): Html {
  return more(form, samlMoreNames, html`${samlAddresses(form)} ${samlKeys(form)} ${samlRisks(form)}`)
}

function samlAddresses(form: Connection): Html {
  const bindings = [
    { value: '', label: 'In the address (HTTP-Redirect)' },
    { value: 'HTTP-POST', label: 'By a form (HTTP-POST)' },
  ]
  return html`${textControl(form, {
    name: 'saml.issuer',
    hint: 'Leave it empty unless your identity provider already knows this app under another name.',
    exact: true,
  })}
  ${textControl(form, {
    name: 'saml.logoutUrl',
    hint: 'The identity provider’s single logout service. Without it, signing out ends the session here alone.',
    exact: true,
    type: 'url',
  })}
  ${selectControl(
    form,
    { name: 'saml.authnRequestBinding', hint: 'The metadata of the identity provider says it.' },
    bindings,
  )}`
}

function samlKeys(form: Connection): Html {
  const signing = 'Only if your identity provider demands signed requests. Goes with the certificate below.'
  const encryption = 'Only if your identity provider encrypts what it sends. Goes with the certificate below.'
  return html`${secretArea(form, 'saml.privateKey', signing)}
  ${areaControl(form, { name: 'saml.publicCert', exact: true })}
  ${secretArea(form, 'saml.decryptionPvk', encryption)}
  ${areaControl(form, { name: 'saml.decryptionCert', exact: true })}`
}

function samlRisks(form: Connection): Html {
  return html`${flagControl(form, {
    name: 'saml.allowIdpInitiated',
    hint: risky(
      'Needed to start from a tile on its dashboard.',
      'somebody could sign a person in as somebody else without their noticing, by sending them a prepared answer. Most leave it off.',
    ),
  })}
  ${flagControl(form, {
    name: 'saml.allowSha1',
    hint: risky(
      'Only for a very old identity provider that cannot sign with SHA-256.',
      'SHA-1 can be forged with effort. Leave it off.',
    ),
  })}`
}

function oidcFields(form: Connection): Html {
  return html`${textControl(form, {
    name: 'oidc.issuer',
    hint: 'The provider’s https address, exactly as it writes it. Its endpoints are found from it.',
    exact: true,
    type: 'url',
    placeholder: 'https://login.example.com',
    required: true,
  })}
  ${textControl(form, {
    name: 'oidc.clientID',
    hint: 'What the provider calls this app once you have registered it there.',
    exact: true,
    required: true,
  })}
  ${secretLine(form)} ${oidcMore(form)}`
}

function oidcMore(form: Connection): Html {
  return more(
    form,
    ['oidc.scope', 'oidc.tokenEndpointAuthMethod', 'oidc.responseMode', 'oidc.allowPrivateAddresses'],
    html`${textControl(form, {
      name: 'oidc.scope',
      hint: 'What is asked of the provider, with blanks between. Leave it empty for openid, profile and email.',
      exact: true,
    })}
    ${selectControl(
      form,
      {
        name: 'oidc.tokenEndpointAuthMethod',
        hint: 'How the client secret is sent. The provider announces it; choose only where it announces wrongly.',
      },
      [
        { value: '', label: 'As the provider announces' },
        { value: 'client_secret_basic', label: 'In a header (client_secret_basic)' },
        { value: 'client_secret_post', label: 'In the body (client_secret_post)' },
        { value: 'none', label: 'Not at all (none)' },
      ],
    )}
    ${selectControl(
      form,
      {
        name: 'oidc.responseMode',
        hint: 'How the browser brings the provider’s answer here. Only AD FS needs the form.',
      },
      [
        { value: '', label: 'In the address (query)' },
        { value: 'form_post', label: 'By a form (form_post)' },
      ],
    )}
    ${flagControl(form, {
      name: 'oidc.allowPrivateAddresses',
      hint: risky(
        'Lets this app’s server call private addresses for this source.',
        'whoever may edit sources can make the server call machines inside your network.',
      ),
    })}`,
  )
}

/** What few need, folded away; open where something in it is set or wrong. */
function more({ values, errors, again }: FormState, names: string[], controls: Html): Html {
  const isUsed = names.some(
    (name) => errors.has(name) || again?.includes(name) || values.get(name)?.some((one) => one !== ''),
  )
  return html`<details class="more" ${isUsed && html`open`}>
    <summary>More connection settings</summary>
    ${controls}
  </details>`
}

function secretLine(form: Connection): Html {
  const isSet = hasSecret(form.stored, 'oidc.clientSecret')
  const kept = isSet
    ? 'One is stored, and is never shown. Leave this empty to keep it.'
    : 'Kept encrypted, and never shown again. Leave it empty for a public client.'
  return html`${textControl(form, {
    name: 'oidc.clientSecret',
    hint: html`${askedAgain(form, 'oidc.clientSecret')} ${kept}`,
    type: 'password',
  })}
  ${isSet && removeSecret(form, 'oidc.clientSecret', 'Remove the stored secret')}`
}

function secretArea(form: Connection, name: string, hint: string): Html {
  const isSet = hasSecret(form.stored, name)
  const kept = isSet
    ? 'One is stored, and is never shown. Leave this empty to keep it.'
    : 'In PEM form. Kept encrypted, and never shown again.'
  return html`${areaControl(form, {
    name,
    hint: html`${askedAgain(form, name)} ${hint} ${kept}`,
    exact: true,
  })}
  ${isSet && removeSecret(form, name, 'Remove the stored key')}`
}

function askedAgain({ again = [] }: FormState, name: string): Html | false {
  return (
    again.includes(name) &&
    html`<strong class="risk">Enter it once more: what you typed is not sent back to you.</strong>`
  )
}

function removeSecret(form: FormState, name: string, label: string): Html {
  return flagControl(form, { name: `${name}.remove`, label })
}

function risky(what: string, risk: string): Html {
  return html`${what} <strong class="risk">Risk: ${risk}</strong>`
}
