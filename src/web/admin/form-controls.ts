import type { ControlSection } from '../../sources/option-table'
import { html, type Html } from '../html'
import { controlHtml, type FormState, type NamedControl } from './control-html'
import { formOptions } from './controls'

/** The names of the options in a section of the form. */
export function namesIn({ protocol }: FormState, section: ControlSection): string[] {
  return [...formOptions(protocol)]
    .filter(([, option]) => (option.section ?? 'connection') === section)
    .map(([name]) => name)
}

/** The controls of the options in a section of the form. */
export function controlsIn(form: FormState, section: ControlSection): Html[] {
  return namesIn(form, section).map((name) => optionControl(form, name))
}

function optionControl(form: FormState, name: string): Html {
  const option = formOptions(form.protocol).get(name)!
  if (option.permanent && form.stored) {
    return html`<p class="field">
      <strong>${option.label}</strong> <code>${form.stored.config[name as 'id']}</code>
      <span class="quiet">permanent</span>
    </p>`
  }
  const control = { ...option, name, required: option.required && !option.fromMetadata }
  return option.secret ? secretControl(form, control) : controlHtml(form, control)
}

/** Never shows the secret that is stored. */
function secretControl(form: FormState, control: NamedControl): Html {
  const { name, kind, hint, unset } = control
  const isStored = form.stored?.secrets.some((secret) => secret === name)
  const kept = isStored ? 'One is stored, and is never shown. Leave this empty to keep it.' : unset
  const again =
    form.again?.includes(name) &&
    html`<strong class="risk">Enter it once more: what you typed is not sent back to you.</strong>`
  const label = `Remove the stored ${kind === 'key' ? 'key' : 'secret'}`
  return html`${controlHtml(form, control, html`${again} ${hint} ${kept}`)}
  ${isStored && controlHtml(form, { name: `${name}.remove`, kind: 'flag', label })}`
}
