import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'
import { certificateList } from './certificates'
import { metadataControls } from './controls'
import { controlHtml, type FormState } from './control-html'
import { controlsIn, namesIn } from './form-controls'

interface Connection extends FormState {
  /** The certificates that the form holds now. */
  certificates: readonly CertificateState[]
}

/** The controls that connect a source to its identity provider. */
export function connectionFields(form: Connection): Html {
  return html`${form.protocol === 'saml' && metadataFields(form)} ${controlsIn(form, 'connection')}
  ${certificateList(form.certificates)} ${more(form)}`
}

function metadataFields(form: FormState): Html {
  return html`<p class="quiet">
      Your identity provider describes itself in a metadata document. Give it here, and sign-in URL, entity ID
      and certificates are filled in. You can also enter them by hand.
    </p>
    ${Object.entries(metadataControls).map(([name, control]) => controlHtml(form, { ...control, name }))}
    <p class="field" data-upload="f-saml-metadata" hidden>
      <label for="metadata-file">Or choose the metadata file</label>
      <input
        type="file"
        id="metadata-file"
        accept=".xml,application/xml,text/xml,application/samlmetadata+xml"
      />
    </p>
    <p><button name="action" value="read-metadata" formnovalidate>Read metadata</button></p>`
}

/** Options that few need, folded away unless one of them is set or wrong. */
function more(form: FormState): Html {
  const { values, errors, again } = form
  const isUsed = namesIn(form, 'more').some(
    (name) => errors.has(name) || again?.includes(name) || values.get(name)?.some((text) => text !== ''),
  )
  return html`<details class="more" ${isUsed && html`open`}>
    <summary>More connection settings</summary>
    ${controlsIn(form, 'more')}
  </details>`
}
