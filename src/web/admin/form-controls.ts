import { html, type Html } from '../html'
import { controlLabel } from './control-labels'
import { type FormValues, valueOf } from './form-data'

/** A form as it is shown: what its controls hold, and what is wrong with them. */
export interface FormState {
  values: FormValues
  /** By the control's name. */
  errors: ReadonlyMap<string, readonly string[]>
  /** Secrets that were typed, and have to be typed once more: no page holds one. */
  again?: readonly string[]
}

/** One labelled control, with a sentence on what it does. */
export interface Control {
  name: string
  /** Default: what `controlLabel` calls it. */
  label?: string
  hint?: Html | string
  required?: boolean
  /** Shown in a monospaced face: names and addresses that have to be exact. */
  exact?: boolean
  placeholder?: string
  type?: 'text' | 'url' | 'password'
}

/** The id of a control, as errors link to it. */
export function controlId(name: string): string {
  return `f-${name.replaceAll('.', '-')}`
}

/** A line of text. */
export function textControl(state: FormState, control: Control): Html {
  const { name, required, placeholder, exact = false, type = 'text' } = control
  return html`<div class="field">
    ${labelOf(control)} ${hintOf(control)} ${errorsOf(state, name)}
    <input
      id="${controlId(name)}"
      name="${name}"
      type="${type}"
      value="${valueOf(state.values, name)}"
      ${placeholder && html`placeholder="${placeholder}"`}
      ${exact && html`class="exact" spellcheck="false" autocapitalize="none"`}
      ${required && html`required`}
      autocomplete="${type === 'password' ? 'new-password' : 'off'}"
      ${describedBy(state, control)}
    />
  </div>`
}

/** Several lines of text. */
export function areaControl(state: FormState, control: Control & { rows?: number }): Html {
  const { name, rows = 4, exact = false, placeholder } = control
  return html`<div class="field">
    ${labelOf(control)} ${hintOf(control)} ${errorsOf(state, name)}
    <textarea
      id="${controlId(name)}"
      name="${name}"
      rows="${rows}"
      autocomplete="off"
      ${exact && html`class="exact" spellcheck="false"`}
      ${placeholder && html`placeholder="${placeholder}"`}
      ${describedBy(state, control)}
    >
${valueOf(state.values, name)}</textarea>
  </div>`
}

/** A checkbox; a toggle that is named after what it switches on. */
export function flagControl(state: FormState, control: Control): Html {
  const { name, label = controlLabel(name) } = control
  return html`<div class="field flag">
    ${errorsOf(state, name)}
    <input
      id="${controlId(name)}"
      name="${name}"
      type="checkbox"
      value="on"
      ${state.values.has(name) && html`checked`}
      ${describedBy(state, control)}
    />
    <label for="${controlId(name)}">${label}</label>
    ${hintOf(control)}
  </div>`
}

/** One of several, each with what it means. */
export function choiceControl(
  state: FormState,
  control: Control,
  choices: readonly { value: string; label: string; hint?: Html | string; risk?: string }[],
): Html {
  const { name, label = controlLabel(name) } = control
  return html`<fieldset class="field" id="${controlId(name)}" ${describedBy(state, control)}>
    <legend>${label}</legend>
    ${hintOf(control)} ${errorsOf(state, name)}
    ${choices.map(
      ({ value, label, hint, risk }) =>
        html`<div class="choice">
          <input
            type="radio"
            id="${controlId(name)}-${value}"
            name="${name}"
            value="${value}"
            ${valueOf(state.values, name) === value && html`checked`}
            ${(hint || risk) && html`aria-describedby="${controlId(name)}-${value}-hint"`}
          />
          <label for="${controlId(name)}-${value}">${label}</label>
          ${
            (hint || risk) &&
            html`<p class="hint" id="${controlId(name)}-${value}-hint">
              ${hint} ${risk && html`<strong class="risk">Risk: ${risk}</strong>`}
            </p>`
          }
        </div>`,
    )}
  </fieldset>`
}

/** One of several in one line. */
export function selectControl(
  state: FormState,
  control: Control,
  choices: readonly { value: string; label: string }[],
): Html {
  const { name } = control
  return html`<div class="field">
    ${labelOf(control)} ${hintOf(control)} ${errorsOf(state, name)}
    <select id="${controlId(name)}" name="${name}" ${describedBy(state, control)}>
      ${choices.map(
        ({ value, label }) =>
          html`<option value="${value}" ${valueOf(state.values, name) === value && html`selected`}>
            ${label}
          </option>`,
      )}
    </select>
  </div>`
}

/** What is wrong with a control, beside it. */
export function errorsOf(state: FormState, name: string): Html | false {
  const errors = state.errors.get(name) ?? []
  return (
    errors.length > 0 &&
    html`<p class="error" id="${controlId(name)}-error">${errors.map((one) => html`${one} `)}</p>`
  )
}

function labelOf({ name, label = controlLabel(name), required }: Control): Html {
  return html`<label for="${controlId(name)}"
    >${label}${required && html` <span class="quiet">(required)</span>`}</label
  >`
}

function hintOf({ name, hint }: Control): Html | undefined {
  return hint ? html`<p class="hint" id="${controlId(name)}-hint">${hint}</p>` : undefined
}

function describedBy(state: FormState, { name, hint }: Control): Html {
  const isWrong = state.errors.has(name)
  const ids = [hint && `${controlId(name)}-hint`, isWrong && `${controlId(name)}-error`].filter(Boolean)
  return html`${ids.length > 0 && html`aria-describedby="${ids.join(' ')}"`}
  ${isWrong && html`aria-invalid="true"`}`
}
