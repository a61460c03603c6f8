import type { Response } from 'express'
import type { JitError } from '../errors'
import type { Explanation } from '../login/explanation'
import type { LoginPlan } from '../login/result'
import type { TestSignIn } from '../passport/test-sign-in'
import { errorTitle } from './error-page'
import { html, type Html } from './html'
import { sendPage } from './layout'
import { remedyFor } from './remedies'
import { fieldsHtml, setHtml, unmappedHtml } from './test-result-tables'
import { nameList } from './values'

/** Answers the admin who ran a test. The received values are on this page and nowhere else. */
export function sendTestResult(res: Response, baseUrl: string, test: TestSignIn): void {
  sendPage(res, { baseUrl, title: `Test sign-in: ${test.source.label}`, body: testResultPage(test) })
}

type Tested = TestSignIn['source']

function testResultPage({ source, result, returnTo }: TestSignIn): Html {
  return html`<div class="test-result">
    <h1>Test sign-in: <bdi>${source.label}</bdi></h1>
    ${'failure' in result ? failureHtml(result.failure, source) : explanationHtml(result.explanation, source)}
    ${!source.enabled && html`<p>This source is off, so no one can sign in through it.</p>`}
    <p class="quiet">
      This was a test. No one was signed in, and nothing was changed. The values appear only on this page.
    </p>
    ${returnTo !== undefined && html`<p><a class="button" href="${returnTo}">Back to the source</a></p>`}
  </div>`
}

function failureHtml(error: JitError, { protocol }: Tested): Html {
  const { code, details } = error
  const { check, provider, description } = details
  const remedy = remedyFor({ code, ...details }, protocol)
  return html`<p class="verdict refused">
      <strong>A real sign-in would end here: ${errorTitle(error)}.</strong>
      ${error.code !== 'invalid_configuration' && 'The answer can’t be used.'}
    </p>
    <dl class="facts">
      ${fact('Why', error.message)}
      ${check !== undefined && fact('Failed check', html`<code>${check}</code>`)}
      ${provider !== undefined && fact('The provider’s answer', html`<code>${provider}</code>`)}
      ${description !== undefined && fact('In its words', html`<bdi>${description}</bdi>`)}
      ${remedy !== undefined && fact('What to do', remedy)} ${fact('Code', html`<code>${code}</code>`)}
    </dl>`
}

function fact(term: string, description: Html | string): Html {
  return html`<dt>${term}</dt>
    <dd>${description}</dd>`
}

function explanationHtml(explanation: Explanation, tested: Tested): Html {
  return html`${verdictHtml(explanation, tested)} ${decisionHtml(explanation)} ${identityHtml(explanation)}
  ${fieldsHtml(explanation)} ${setHtml(explanation.set)} ${unmappedHtml(explanation.unmapped)}`
}

function verdictHtml(explanation: Explanation, { protocol }: Tested): Html {
  const { refusal } = explanation
  if (!refusal) return html`<p class="verdict"><strong>${verdictOf(explanation)}</strong></p>`
  const { expected, received } = refusal.details
  return html`<p class="verdict refused">
      <strong>A real sign-in would be refused: ${errorTitle(refusal)}.</strong> ${refusal.message}
      <code>${refusal.code}</code>
    </p>
    <p>${remedyFor({ code: refusal.code, ...refusal.details }, protocol)}</p>
    ${
      expected &&
      html`<div class="side-by-side">
        ${nameList('Expected attributes', expected)} ${nameList('Received attributes', received ?? [])}
      </div>`
    }`
}

const verdicts: Record<Exclude<LoginPlan['outcome'], 'refused'>, (user: Html, changes: string) => Html> = {
  provisioned: (_user, changes) => html`A real sign-in would create a new user and ${changes}.`,
  linked: (user, changes) => html`A real sign-in would connect this identity to ${user} and ${changes}.`,
  synced: (user, changes) => html`A real sign-in would sign in ${user} and ${changes}.`,
  unchanged: (user) => html`A real sign-in would sign in ${user} and change no field.`,
}

function verdictOf({ outcome, user, changes }: Explanation): Html | false {
  if (outcome === 'refused') return false
  const name = user ? html`the existing user <bdi>${user.label}</bdi> (${user.id})` : html`the user`
  const count = changes.length === 1 ? 'one field' : `${changes.length} fields`
  return verdicts[outcome](name, changes.length === 0 ? 'change no field' : `write ${count}`)
}

/** What the app's `decide` said. */
function decisionHtml({ decision, set }: Explanation): Html | undefined {
  if (!decision) return undefined
  const { refuse, reactivate } = decision
  const said =
    refuse === undefined
      ? html`It let the person in${reactivate && ', also if the account is inactive'}.`
      : html`It refused: <bdi>${refuse}</bdi>`
  return html`<h2>The app’s decision</h2>
    <p>${said} ${refuse === undefined && set.length === 0 && 'It changed no values.'}</p>`
}

const emailVerifiedWords = {
  true: 'yes',
  false: 'no',
  text: 'sent as text; only the boolean true counts',
  undefined: 'not stated by the provider',
}

function identityHtml({ identity, emailVerified }: Explanation): Html {
  const verified = emailVerifiedWords[`${emailVerified}`]
  const subject =
    identity.subject === null
      ? html`None is permanent. We match people by their login identifiers at every sign-in.`
      : html`<code>${identity.subject}</code>`
  return html`<h2>Identity</h2>
    <dl class="facts">
      ${fact('Issuer', html`<code>${identity.issuer}</code>`)} ${fact('Subject', subject)}
      ${fact('Email verified', verified)}
    </dl>`
}
