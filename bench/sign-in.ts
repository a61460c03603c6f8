import { Browser } from '../test/helpers/oidc-browser'
import type { Visit } from './people/mix'
import type { Way } from './provider/parties'

/** Where the two requests of a sign-in go: to one instance of the app, or to two. */
export interface Origins {
  login: string
  callback: string
}

/**
 * One whole sign-in with a fresh browser, in milliseconds of waiting for the app: for the redirect to the provider,
 * and for the answer to what came back from there. Rejects where it came to anything but what it should.
 */
export async function signIn(origins: Origins, way: Way, visit: Visit): Promise<number> {
  const { source, provider } = way
  const browser = new Browser()
  const begun = performance.now()
  const login = await browser.request(`${origins.login}/sso/${source.id}/login`)
  const sentAway = performance.now()
  const location = login.headers.get('location') ?? ''
  const person = { realm: source.id, number: visit.number }
  const { query, form } = await provider.answer(location, person, visit.version)
  const returned = performance.now()
  const answer = await browser.request(`${origins.callback}/sso/${source.id}/callback${query}`, form)
  const ended = performance.now()
  const { outcome = visit.outcome } =
    answer.status === 200 ? outcomeIn(answer.text) : { outcome: answer.status }
  if (outcome !== visit.outcome)
    throw new Error(`${source.id}: person ${visit.number} should be ${visit.outcome}, and is ${outcome}`)
  return sentAway - begun + (ended - returned)
}

/** The bare strategies tell nothing of it. */
function outcomeIn(text: string): { outcome?: string } {
  return JSON.parse(text) as { outcome?: string }
}
