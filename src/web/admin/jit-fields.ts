import type { Field } from '../../fields/catalog'
import type { Protocol } from '../../sources/config'
import { html, type Html } from '../html'
import {
  areaControl,
  choiceControl,
  controlId,
  errorsOf,
  flagControl,
  type FormState,
  selectControl,
} from './form-controls'
import { identifierControl, identifierFields } from './form-data'

interface Form extends FormState {
  protocol: Protocol
  fields: readonly Field[]
}

/** By what existing people are recognised: identifiers in order, linking, domains. */
export function identifierSection(form: Form): Html {
  const candidates = identifierFields(form.fields)
  return html`<div class="field" id="${controlId('identifiers')}">
      <p class="hint">
        A person who signs in for the first time is looked for by these. The order is the one in which they
        are shown to whoever sets up the identity provider; every one that arrives is compared.
      </p>
      ${errorsOf(form, 'identifiers')}
      ${candidates.map((field) =>
        selectControl(form, { name: identifierControl(field.path), label: field.label }, [
          { value: '0', label: 'Not used' },
          ...candidates.map((_, i) => ({ value: String(i + 1), label: `${i + 1}.` })),
        ]),
      )}
      ${candidates.length === 0 && html`<p>The user model names no field as a login identifier.</p>`}
    </div>
    ${linking(form)} ${domains(form)}`
}

function linking(form: Form): Html {
  return choiceControl(
    form,
    {
      name: 'linking',
      hint: 'What happens at their first sign-in through this source.',
    },
    [
      {
        value: 'verified',
        label: 'Connect them by verified e-mail',
        hint: 'Only where the e-mail’s domain is named below, or the provider says that it has verified the address. Most choose this.',
      },
      {
        value: 'trusted',
        label: 'Connect them by any login identifier',
        hint: 'For the one identity provider of your own company.',
        risk: 'whoever runs it can open any account here, by sending that person’s e-mail or number.',
      },
      {
        value: 'never',
        label: 'Never connect them',
        hint: 'Existing accounts stay out of reach of this source; their owners are refused.',
      },
    ],
  )
}

function domains(form: Form): Html {
  return areaControl(form, {
    name: 'domains',
    hint: html`One per line. People with an address elsewhere are refused.
      <strong class="risk"
        >Risk: left empty, this source may speak for any address. Name your domains wherever several companies
        use this app.</strong
      >`,
    exact: true,
    rows: 3,
    placeholder: 'example.com',
  })
}

/** The two toggles, with the fields that each is about. */
export function jitSection(form: Form): Html {
  return html`<div class="toggle">
      ${flagControl(form, {
        name: 'provisioning',
        hint: 'Somebody who signs in and has no account here gets one, filled from what the identity provider sends. Off: they are refused. People who have an account are not affected.',
      })}
      ${selection(form, 'provision')}
    </div>
    <div class="toggle">
      ${flagControl(form, {
        name: 'syncing',
        hint: html`At every sign-in the fields are brought in step with the identity provider.
          <strong class="risk"
            >Risk: what people have changed here by hand is overwritten in the fields that are synced.</strong
          >`,
      })}
      ${selection(form, 'sync')} ${absence(form)}
    </div>`
}

function selection(form: Form, action: 'provision' | 'sync'): Html {
  const name = `fields.${action}`
  return html`<div class="selection">
    ${choiceControl(form, { name }, [
      { value: 'all', label: 'All fields', hint: 'Also those that are added to the app later.' },
      { value: 'selected', label: 'Only the fields chosen here' },
    ])}
    <div class="chosen">
      ${group(form, action, 'standard', 'Standard fields')} ${group(form, action, 'custom', 'Custom fields')}
    </div>
  </div>`
}

function group(form: Form, action: 'provision' | 'sync', kind: Field['kind'], title: string): Html | false {
  const fields = form.fields.filter((field) => field.kind === kind)
  const chosen = form.values.get(action) ?? []
  return (
    fields.length > 0 &&
    html`<fieldset class="fields">
      <legend>${title}</legend>
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
            <code>${attribute[form.protocol]}</code>
            ${required && action === 'provision' && html`<span class="quiet">always</span>`}</label
          >
        </div>`
      })}
    </fieldset>`
  )
}

function absence(form: Form): Html {
  return html`<div class="selection">
    ${selectControl(
      form,
      {
        name: 'onAbsent',
        hint: html`Most keep what is stored.
          <strong class="risk"
            >Risk of emptying: one attribute forgotten at the identity provider empties that field for
            everybody.</strong
          >`,
      },
      [
        { value: 'keep', label: 'Keep what is stored' },
        { value: 'clear', label: 'Empty the field' },
      ],
    )}
    ${selectControl(
      form,
      {
        name: 'onEmpty',
        hint: 'Most empty the field too: the identity provider says that there is nothing.',
      },
      [
        { value: 'clear', label: 'Empty the field' },
        { value: 'keep', label: 'Keep what is stored' },
      ],
    )}
  </div>`
}
