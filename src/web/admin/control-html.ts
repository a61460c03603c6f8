import type { Protocol } from '../../sources/config'
import type { Choice, Control, ControlKind } from '../../sources/option-table'
import type { AdminSource } from '../../stored-sources/admin-source'
import { html, type Html } from '../html'
import { type FormValues, valueOf } from './form-values'

/** A form as it is shown: its values, and what is wrong with them. */
export interface FormState {
  protocol: Protocol
  values: FormValues
  /** By the control's name. */
  errors: ReadonlyMap<string, readonly string[]>
  /** Values to choose from instead of typing one, by the control's name. */
  choices?: ReadonlyMap<string, readonly string[]>
  /** Secrets that were typed and must be typed again, since no page contains one. */
  again?: readonly string[]
  /** Whether the admin is one of an organization, who can't set what is the team's. */
  isFenced: boolean
  /** The source that is edited; undefined while one is added. */
  stored?: AdminSource
}

export interface NamedControl extends Control {
  name: string
  required?: boolean
}

/** The id of a control, which errors link to. */
export function controlId(name: string): string {
  return `f-${name.replaceAll('.', '-')}`
}

/** A control with its label, its hint and its errors. `hint`: instead of the control's own. */
export function controlHtml(form: FormState, control: NamedControl, hint = hintOf(control)): Html {
  return renderers[control.kind]({ ...control, hint, form })
}

interface Shown extends Omit<NamedControl, 'hint'> {
  hint: Html | undefined
  form: FormState
}

const renderers: Record<ControlKind, (shown: Shown) => Html> = {
  text: (shown) => line(shown, 'text'),
  name: (shown) => line(shown, 'text', exactLine),
  url: (shown) => line(shown, 'url', exactLine),
  secret: (shown) => line(shown, 'password'),
  area,
  lines: area,
  certificates: area,
  key: area,
  flag,
  radio,
  select,
}

const exactLine = html`class="exact" spellcheck="false" autocapitalize="none"`

function line(shown: Shown, type: 'text' | 'url' | 'password', exact?: Html): Html {
  const { name, required, placeholder, form } = shown
  const input = html`<input
    id="${controlId(name)}"
    name="${name}"
    type="${type}"
    value="${valueOf(form.values, name)}"
    ${placeholder && html`placeholder="${placeholder}"`}
    ${exact}
    ${required && html`required`}
    autocomplete="${type === 'password' ? 'new-password' : 'off'}"
    ${describedBy(shown)}
  />`
  return labeled(shown, input)
}

function area(shown: Shown): Html {
  const { name, rows = 4, placeholder, form } = shown
  const input = html`<textarea
    id="${controlId(name)}"
    name="${name}"
    rows="${rows}"
    autocomplete="off"
    class="exact"
    spellcheck="false"
    ${placeholder && html`placeholder="${placeholder}"`}
    ${describedBy(shown)}
  >
${valueOf(form.values, name)}</textarea>`
  return labeled(shown, input)
}

function flag(shown: Shown): Html {
  const { name, label, form } = shown
  return html`<div class="field flag">
    ${errorsOf(form, name)}
    <input
      id="${controlId(name)}"
      name="${name}"
      type="checkbox"
      value="on"
      ${form.values.has(name) && html`checked`}
      ${describedBy(shown)}
    />
    <label for="${controlId(name)}">${label}</label>
    ${hintHtml(shown)}
  </div>`
}

function radio(shown: Shown): Html {
  const { name, label, choices = [], form } = shown
  return html`<fieldset class="field" id="${controlId(name)}" ${describedBy(shown)}>
    <legend>${label}</legend>
    ${hintHtml(shown)} ${errorsOf(form, name)} ${choices.map((choice) => radioChoice(shown, choice))}
  </fieldset>`
}

function radioChoice({ name, form }: Shown, choice: Choice): Html {
  const id = `${controlId(name)}-${choice.value}`
  const hint = hintOf(choice)
  return html`<div class="choice">
    <input
      type="radio"
      id="${id}"
      name="${name}"
      value="${choice.value}"
      ${valueOf(form.values, name) === choice.value && html`checked`}
      ${hint && html`aria-describedby="${id}-hint"`}
    />
    <label for="${id}">${choice.label}</label>
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
  </div>`
}

function select(shown: Shown): Html {
  const { name, choices = [], form } = shown
  const options = choices.map(
    ({ value, label }) =>
      html`<option value="${value}" ${valueOf(form.values, name) === value && html`selected`}>
        ${label}
      </option>`,
  )
  const input = html`<select id="${controlId(name)}" name="${name}" ${describedBy(shown)}>
    ${options}
  </select>`
  return labeled(shown, input)
}

export function errorsOf({ errors }: FormState, name: string): Html | false {
  const messages = errors.get(name) ?? []
  return (
    messages.length > 0 &&
    html`<p class="error" id="${controlId(name)}-error">${messages.map((message) => html`${message} `)}</p>`
  )
}

function hintOf({ hint, risk }: { hint?: string; risk?: string }): Html | undefined {
  if (!hint && !risk) return undefined
  return html`${hint} ${risk && html`<strong class="risk">${risk}</strong>`}`
}

function labeled(shown: Shown, input: Html): Html {
  const { name, label, required, form } = shown
  return html`<div class="field">
    <label for="${controlId(name)}"
      >${label}${required && html` <span class="quiet">(required)</span>`}</label
    >
    ${hintHtml(shown)} ${errorsOf(form, name)} ${input}
  </div>`
}

function hintHtml({ name, hint }: Shown): Html | undefined {
  return hint && html`<p class="hint" id="${controlId(name)}-hint">${hint}</p>`
}

function describedBy({ name, hint, form }: Shown): Html {
  const isWrong = form.errors.has(name)
  const ids = [hint && `${controlId(name)}-hint`, isWrong && `${controlId(name)}-error`].filter(Boolean)
  return html`${ids.length > 0 && html`aria-describedby="${ids.join(' ')}"`}
  ${isWrong && html`aria-invalid="true"`}`
}
