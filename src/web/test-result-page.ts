import type { Response } from 'express'
import type { JitError } from '../errors'
import type { ExplainedField, Explanation, UnmappedAttribute } from '../login/explanation'
import type { LoginPlan } from '../login/result'
import type { TestSignIn } from '../passport/test-sign-in'
import { errorTitle } from './error-page'
import { html, type Html } from './html'
import { sendPage } from './layout'
import { remedyFor } from './remedies'
import { changeHtml, nameHtml, nameList, valueHtml } from './values'

/** Answers the browser of the admin who ran a test; what arrived is on this page and nowhere else. */
export function sendTestResult(res: Response, baseUrl: string, test: TestSignIn): void {
  sendPage(res, { baseUrl, title: `Test sign-in: ${test.source.label}`, body: testResultPage(test) })
}

function testResultPage({ source, result, returnTo }: TestSignIn): Html {
  return html`<div class="test-result">
    <h1>Test sign-in: <bdi>${source.label}</bdi></h1>
    ${'failure' in result ? failureHtml(result.failure) : explanationHtml(result.explanation)}
    ${!source.enabled && html`<p>This source is switched off: until it is switched on, nobody can sign in through it.</p>`}
    <p class="quiet">
      This was a test. Nothing was stored or changed, nobody was signed in, and these values are on this page
      only.
    </p>
    ${returnTo !== undefined && html`<p><a class="button" href="${returnTo}">Back to the source</a></p>`}
  </div>`
}

function failureHtml(error: JitError): Html {
  const { check, provider } = error.details
  const remedy = remedyFor(error.code, check)
  return html`<p class="verdict refused">
      <strong>A real sign-in would end here: ${errorTitle(error)}.</strong> Nothing of what arrived can be
      used.
    </p>
    <dl class="facts">
      <dt>Why</dt>
      <dd>${error.message}</dd>
      ${
        check !== undefined &&
        html`<dt>Check that failed</dt>
          <dd><code>${check}</code></dd>`
      }
      ${
        provider !== undefined &&
        html`<dt>The provider’s answer</dt>
          <dd><code>${provider}</code></dd>`
      }
      ${
        remedy !== undefined &&
        html`<dt>What to do</dt>
          <dd>${remedy}</dd>`
      }
      <dt>Code</dt>
      <dd><code>${error.code}</code></dd>
    </dl>`
}

function explanationHtml(explanation: Explanation): Html {
  const { fields, unmapped } = explanation
  const silent = fields.filter(isSilent)
  return html`${verdictHtml(explanation)} ${identityHtml(explanation)}
    <h2 id="fields">Fields</h2>
    <table class="fields" aria-labelledby="fields">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Arrived</th>
          <th scope="col">Became</th>
          <th scope="col">Would be written</th>
        </tr>
      </thead>
      <tbody>
        ${fields.filter((field) => !isSilent(field)).map((field) => fieldRow(explanation, field))}
      </tbody>
      ${silent.length > 0 && silentRows(silent)}
    </table>
    ${unmapped.length > 0 && unmappedHtml(unmapped)}`
}

function verdictHtml(explanation: Explanation): Html {
  const { refusal } = explanation
  if (!refusal) return html`<p class="verdict"><strong>${verdictOf(explanation)}</strong></p>`
  const { expected, received } = refusal.details
  return html`<p class="verdict refused">
      <strong>A real sign-in would be refused: ${errorTitle(refusal)}.</strong> ${refusal.message}
      <code>${refusal.code}</code>
    </p>
    <p>${remedyFor(refusal.code, undefined)}</p>
    ${
      expected &&
      html`<div class="side-by-side">
        ${nameList('Expected attributes', expected)} ${nameList('Received attributes', received ?? [])}
      </div>`
    }`
}

const what: Record<Exclude<LoginPlan['outcome'], 'refused'>, (user: Html, changes: string) => Html> = {
  provisioned: (_user, changes) => html`A real sign-in would create a new user and ${changes}.`,
  linked: (user, changes) => html`A real sign-in would connect this identity to ${user} and ${changes}.`,
  synced: (user, changes) => html`A real sign-in would sign in ${user} and ${changes}.`,
  unchanged: (user) => html`A real sign-in would sign in ${user} and change no field.`,
}

function verdictOf({ outcome, user, changes }: Explanation): Html | false {
  if (outcome === 'refused') return false
  const who = user ? html`the existing user <bdi>${user.label}</bdi> (${user.id})` : html`the user`
  const count = changes.length === 1 ? 'one field' : `${changes.length} fields`
  return what[outcome](who, changes.length === 0 ? 'change no field' : `write ${count}`)
}

function identityHtml({ identity, emailVerified }: Explanation): Html {
  const verified = { true: 'yes', false: 'no', undefined: 'the provider does not say' }[`${emailVerified}`]
  const subject =
    identity.subject === null
      ? html`none that lasts: the person is found by their login identifiers every time`
      : html`<code>${identity.subject}</code>`
  return html`<h2>Identity</h2>
    <dl class="facts">
      <dt>Issuer</dt>
      <dd><code>${identity.issuer}</code></dd>
      <dt>Subject</dt>
      <dd>${subject}</dd>
      <dt>E-mail verified</dt>
      <dd>${verified}</dd>
    </dl>`
}

function fieldRow(explanation: Explanation, field: ExplainedField): Html {
  const state = field.change ? 'changed' : field.nearMisses.length > 0 ? 'near-miss' : 'skipped'
  return html`<tr class="${state}">
    <th scope="row">${field.label}<br /><code>${field.attribute}</code></th>
    <td data-label="Arrived">${arrivedHtml(field)}</td>
    <td data-label="Became">${becameHtml(field.became)}</td>
    <td data-label="Would be written">${writtenHtml(explanation, field)}</td>
  </tr>`
}

/** Nothing arrived for it, and nothing comes of that. */
function isSilent({ became, change, notices, nearMisses }: ExplainedField): boolean {
  return became.state === 'absent' && !change && notices.length + nearMisses.length === 0
}

function silentRows(fields: ExplainedField[]): Html {
  return html`<tbody class="silent">
    <tr>
      <th scope="rowgroup" colspan="4">Did not arrive: nothing would be written</th>
    </tr>
    ${fields.map(
      ({ label, attribute }) =>
        html`<tr>
          <th scope="row">${label}</th>
          <td colspan="3"><code>${attribute}</code></td>
        </tr>`,
    )}
  </tbody>`
}

function arrivedHtml({ received, attribute, nearMisses }: ExplainedField): Html {
  if (received !== undefined && received !== null) return valueHtml(received)
  return html`<span class="quiet">did not arrive</span> ${nearMisses.map(
      (name) =>
        html`<p class="hint">But ${nameHtml(name)} did: send it as <code>${attribute}</code> instead.</p>`,
    )}`
}

function becameHtml(became: ExplainedField['became']): Html {
  switch (became.state) {
    case 'value':
      return valueHtml(became.value)
    case 'invalid':
      return html`<span class="hint">cannot be used: it ${became.reason}</span>`
    case 'user':
      return html`<bdi>${became.label}</bdi><br /><code>${became.id}</code>`
    case 'pending':
      return html`<span class="quiet">nobody yet</span>`
    case 'empty':
      return html`<span class="quiet">empty</span>`
    default:
      return html`<span class="quiet">–</span>`
  }
}

function writtenHtml({ refusal, outcome }: Explanation, field: ExplainedField): Html {
  const notices = field.notices.map((notice) => html`<p class="hint">${notice}</p>`)
  if (refusal) return html`<span class="quiet">nothing</span>${notices}`
  if (field.change) return html`${changeHtml(field.change)}${notices}`
  if (!field.selected) {
    const when = outcome === 'provisioned' ? 'when it creates users' : 'when people sign in again'
    return html`<span class="quiet">nothing: this source does not fill it ${when}</span>`
  }
  if (notices.length > 0) return html`${notices}`
  if (outcome === 'provisioned') return html`<span class="quiet">nothing</span>`
  const isThere = field.became.state === 'value' || field.became.state === 'user'
  const why = isThere ? 'it is so already' : 'it stays as it is'
  return html`<span class="quiet">nothing: ${why}</span>`
}

function unmappedHtml(unmapped: UnmappedAttribute[]): Html {
  return html`<h2 id="unmapped">Arrived, and mapped to no field</h2>
    <table aria-labelledby="unmapped">
      <thead>
        <tr>
          <th scope="col">Attribute</th>
          <th scope="col">Arrived</th>
          <th scope="col">Hint</th>
        </tr>
      </thead>
      <tbody>
        ${unmapped.map(unmappedRow)}
      </tbody>
    </table>`
}

function unmappedRow({ name, value, expected }: UnmappedAttribute): Html {
  const hint =
    expected === undefined
      ? html`<span class="quiet"
          >${name === 'email_verified' ? 'see E-mail verified above' : 'not used'}</span
        >`
      : html`<span class="hint">Probably meant as <code>${expected}</code></span>`
  return html`<tr class="${expected === undefined ? 'skipped' : 'near-miss'}">
    <th scope="row">${nameHtml(name)}</th>
    <td data-label="Arrived">${valueHtml(value)}</td>
    <td data-label="Hint">${hint}</td>
  </tr>`
}
