import { banner, document } from '../web/document'
import { html, type Content, type Html } from '../web/html'
import { toLines } from './form'
import type { Attribute, Person, PersonInput } from './people'

const BLANK: Attribute = { saml: '', oidc: '', values: [] }

/** Lists all people in the directory. */
export function listPage(people: readonly Person[], appUrl: string): string {
  return page(
    'People',
    html`<div class="title-row">
        <h1>People</h1>
        <a class="button" href="/people/new">Add a person</a>
      </div>
      <p class="lead">
        Change a person here, then <a href="${appUrl}">sign in to the app</a> as that person and see what
        changes. Both of Acme’s identity providers send these values. To connect another source of the app to
        them, see <a href="/applications">Applications</a>.
      </p>
      <table class="people">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Email</th>
            <th scope="col">Attributes</th>
          </tr>
        </thead>
        <tbody>
          ${people.map(listRow)}
        </tbody>
      </table>`,
  )
}

function listRow({ id, name, active, attributes }: Person): Html {
  const sent = attributes.filter(({ values }) => values.length > 0).length
  return html`<tr>
    <th scope="row">
      <a href="/people/${id}"><bdi>${name}</bdi></a> ${!active && html`<span class="tag">deactivated</span>`}
    </th>
    <td class="exact">${attributes.find(({ saml }) => saml === 'email')?.values[0]}</td>
    <td>${sent}</td>
  </tr>`
}

export interface PersonPage {
  /** Undefined for a new person. */
  person?: Person
  input: PersonInput
  message?: Html
}

/** One person: the values that the providers send, and their names. */
export function personPage({ person, input, message }: PersonPage): string {
  const title = person?.name ?? 'Add a person'
  return page(
    title,
    html`<p class="back"><a href="/">People</a></p>
      <h1 dir="auto">${title}</h1>
      ${message} ${person && subject(person)}
      <form method="post" action="${person ? `/people/${person.id}` : '/people'}">
        <p class="field">
          <label for="name">Name in this directory</label>
          <input id="name" name="name" value="${input.name}" required maxlength="200" dir="auto" />
        </p>
        ${attributeTable(input.attributes)}
        <p class="actions"><button class="primary">Save</button> <a href="/">Cancel</a></p>
      </form>
      ${person && activation(person)}`,
  )
}

/** Confirms a saved form. */
export const saved = banner('done', 'Saved. The providers send the new values at the next sign-in.')

/** The answer to an incomplete form. */
export const nameMissing = banner('problem', [html`Enter a name: <a href="#name">Name in this directory</a>`])

function subject({ id, active }: Person): Html {
  return html`<p class="lead">
      Permanent ID: <code class="exact">${id}</code> (NameID in SAML, <code>sub</code> in OpenID Connect).
    </p>
    ${!active && banner('problem', 'Deactivated. This person can’t sign in to any application.')}`
}

function attributeTable(attributes: readonly Attribute[]): Html {
  return html`<fieldset>
    <legend>Attributes</legend>
    <p class="hint">
      Enter one value per line. An empty box isn’t sent; <code>""</code> sends an empty value. A row without a
      SAML or OpenID Connect name isn’t sent over that protocol. Names aren’t checked, so you can try typos.
    </p>
    <table class="attributes">
      <thead>
        <tr>
          <th scope="col">SAML attribute</th>
          <th scope="col">OpenID Connect claim</th>
          <th scope="col">Values</th>
        </tr>
      </thead>
      <tbody>
        ${[...attributes, BLANK, BLANK].map(attributeRow)}
      </tbody>
    </table>
  </fieldset>`
}

function attributeRow({ saml, oidc, values }: Attribute, i: number): Html {
  const row = i + 1
  return html`<tr>
    <td data-label="SAML attribute">
      <input
        name="saml"
        value="${saml}"
        aria-label="SAML attribute, row ${row}"
        class="exact"
        spellcheck="false"
      />
    </td>
    <td data-label="OpenID Connect claim">
      <input name="oidc" value="${oidc}" aria-label="Claim, row ${row}" class="exact" spellcheck="false" />
    </td>
    <td data-label="Values">
      <textarea name="values" rows="${Math.max(1, values.length)}" aria-label="Values, row ${row}" dir="auto">
${toLines(values)}</textarea>
    </td>
  </tr>`
}

function activation({ id, active }: Person): Html {
  return html`<form
    method="post"
    action="/people/${id}/${active ? 'deactivate' : 'activate'}"
    class="aside-form"
  >
    <p>
      <button>${active ? 'Deactivate' : 'Activate'}</button>
      ${active ? 'Then this person can’t sign in to any application.' : 'Then this person can sign in again.'}
    </p>
  </form>`
}

export function notFoundPage(): string {
  return page(
    'Not found',
    html`<h1>Not found</h1>
      <p>The directory has no such page or person. <a href="/">All people</a></p>`,
  )
}

/** A page of the directory. */
export function page(title: string, main: Content): string {
  return document({
    title: `${title} · Acme Directory`,
    side: 'acme',
    header: html`<p class="brand"><a href="/">Acme Directory</a></p>
      <p class="stands-for">Demo. In real life, this is your customer’s user directory.</p>`,
    main,
  })
}
