import type { Field } from '../../fields/catalog'
import { html, type Html } from '../html'
import { controlLabel, identifierControl, identifierFields } from './controls'
import { controlHtml, controlId, errorsOf, type FormState } from './control-html'
import { controlsIn } from './form-controls'
import { people } from './page-parts'
import { MOST_UNSEEN } from '../../stored-sources/unseen-users'

type Form = FormState & { fields: readonly Field[]; unseen?: number | undefined }

/** How existing users are recognized: identifiers in order, linking, domains. */
export function identifierSection(form: Form): Html {
  const candidates = identifierFields(form.fields)
  const choices = [
    { value: '0', label: 'Not used' },
    ...candidates.map((_, i) => ({ value: String(i + 1), label: `${i + 1}.` })),
  ]
  return html`<div class="field" id="${controlId('identifiers')}">
      <p class="hint">
        We use these to match existing accounts at first sign-in. We compare every identifier that we receive.
        The integration details list them in this order.
      </p>
      ${errorsOf(form, 'identifiers')}
      ${candidates.map(({ path, label }) =>
        controlHtml(form, { name: identifierControl(path), kind: 'select', label, choices }),
      )}
      ${candidates.length === 0 && html`<p>The user model has no login identifier.</p>`}
    </div>
    ${controlsIn(form, 'identifiers')} ${form.unseen !== undefined && unseenNotice(form.unseen)}`
}

function unseenNotice(count: number): Html {
  const number = count > MOST_UNSEEN ? `More than ${people(MOST_UNSEEN)}` : people(count)
  return html`<p class="hint" id="unseen">
    ${number} with an address in the domains that are saved ${count === 1 ? 'has' : 'have'} never signed in
    through this source.
  </p>`
}

/** The two toggles, each with its fields. */
export function jitSection(form: Form): Html {
  return html`<div class="toggle">${controlsIn(form, 'provisioning')} ${selection(form, 'provision')}</div>
    <div class="toggle">
      ${controlsIn(form, 'syncing')} ${selection(form, 'sync')}
      <div class="selection">${controlsIn(form, 'absence')}</div>
    </div>`
}

type Action = 'provision' | 'sync'

function selection(form: Form, action: Action): Html {
  const name = `fields.${action}`
  const choices = [
    { value: 'all', label: 'All fields', hint: 'Includes fields added to the app later.' },
    { value: 'selected', label: 'Only selected fields' },
  ]
  return html`<div class="selection">
    ${controlHtml(form, { name, kind: 'radio', label: controlLabel(name), choices })}
    <div class="chosen">${group(form, action, 'standard')} ${group(form, action, 'custom')}</div>
  </div>`
}

function group(form: Form, action: Action, kind: Field['kind']): Html | false {
  const fields = form.fields.filter((field) => field.kind === kind)
  const chosen = form.values.get(action) ?? []
  return (
    fields.length > 0 &&
    html`<fieldset class="fields">
      <legend>${kind === 'standard' ? 'Standard fields' : 'Custom fields'}</legend>
      ${fields.map(({ path, label, required, attribute }) => {
        const id = controlId(`${action}.${path}`)
        return html`<div>
          <input
            type="checkbox"
            id="${id}"
            name="${action}"
            value="${path}"
            ${chosen.includes(path) && html`checked`}
          />
          <label for="${id}"
            >${label}
            <code>${attribute[form.protocol][0]}</code>
            ${required && action === 'provision' && html`<span class="quiet">always</span>`}</label
          >
        </div>`
      })}
    </fieldset>`
  )
}
