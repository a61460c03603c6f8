import type { Control, ControlSection } from '../../sources/option-table'
import type { CertificateState } from '../../stored-sources/certificate-states'
import { html, type Html } from '../html'
import { certificateList } from './certificates'
import { controlHtml, type FormState, type NamedControl } from './control-html'
import { type FormOption, formOptions, metadataControls } from './controls'
import { shownValue } from './form-data'

function namesIn({ protocol }: FormState, section: ControlSection): string[] {
  return [...formOptions(protocol)]
    .filter(([, option]) => (option.section ?? 'connection') === section)
    .map(([name]) => name)
}

export function controlsIn(form: FormState, section: ControlSection): (Html | undefined)[] {
  return namesIn(form, section).map((name) => optionControl(form, name))
}

function optionControl(form: FormState, name: string): Html | undefined {
  const option = formOptions(form.protocol).get(name)!
  if (form.isFenced && option.team) return teamHtml(form, option, name)
  if (option.permanent && form.stored)
    return fixed(option.label, form.stored.config[name as 'id'], 'permanent')
  const control = {
    ...option,
    ...offered(form, name),
    name,
    required: option.required && !option.fromMetadata,
  }
  return option.secret ? secretControl(form, control) : controlHtml(form, control)
}

function fixed(label: string, value: string, why: string): Html {
  return html`<p class="field">
    <strong>${label}</strong> <code>${value}</code>
    <span class="quiet">${why}</span>
  </p>`
}

/** An option of the team, to read: nothing where it isn't set. */
function teamHtml({ stored }: FormState, option: FormOption, name: string): Html | undefined {
  const [value = ''] = stored ? shownValue(stored.config, name, option) : []
  if (value === '') return undefined
  const choice = option.choices?.find((offered) => offered.value === value)
  return fixed(option.label, choice?.label ?? value, 'set by the team that runs this app')
}

/** Offers what metadata leaves to choose. */
function offered({ choices }: FormState, name: string): Pick<Control, 'kind' | 'choices'> | undefined {
  const values = choices?.get(name)
  if (!values) return undefined
  const all = values.map((value) => ({ value, label: value }))
  return { kind: 'select', choices: [{ value: '', label: 'Choose one' }, ...all] }
}

/** Never shows the secret that is stored. */
function secretControl(form: FormState, control: NamedControl): Html {
  const { name, kind, hint, unset } = control
  const isStored = form.stored?.secrets.some((secret) => secret === name)
  const kept = isStored ? 'A value is stored but never shown. Leave empty to keep it.' : unset
  const again =
    form.again?.includes(name) &&
    html`<strong class="risk">Enter it again: secrets aren’t sent back to this page.</strong>`
  const label = `Remove the stored ${kind === 'key' ? 'key' : 'secret'}`
  return html`${controlHtml(form, control, html`${again} ${hint} ${kept}`)}
  ${isStored && controlHtml(form, { name: `${name}.remove`, kind: 'flag', label })}`
}

export function connectionFields(form: FormState, certificates: readonly CertificateState[]): Html {
  return html`${form.protocol === 'saml' && metadataFields(form)} ${controlsIn(form, 'connection')}
  ${certificateList(certificates)} ${more(form)}`
}

function metadataFields(form: FormState): Html {
  return html`<p class="quiet">
      Enter your identity provider’s metadata, and we fill in the sign-in URL, entity ID and certificates. You
      can also enter them by hand.
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
