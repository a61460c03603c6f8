/** The id alone tells what an answer belongs to, so none needs a look-up of its own. */
const TEST_SUFFIX = '.test'
const LOGOUT_SUFFIX = '.logout'
const CONNECT_SUFFIX = '.connect'

/** The id of a request for a sign-in, a test, or for connecting an identity. */
export function requestIdFor({ test, connect }: { test?: true; connect?: true }, id: string): string {
  return test ? `${id}${TEST_SUFFIX}` : connect ? `${id}${CONNECT_SUFFIX}` : id
}

export function logoutRequestId(id: string): string {
  return `${id}${LOGOUT_SUFFIX}`
}

export function isTestRequest(id: unknown): id is string {
  return typeof id === 'string' && id.endsWith(TEST_SUFFIX)
}

export function isLogoutRequest(id: unknown): id is string {
  return typeof id === 'string' && id.endsWith(LOGOUT_SUFFIX)
}

/** Whether an answer says that it answers a request to connect an identity to the account of a session. */
export function isConnectRequest(id: unknown): id is string {
  return typeof id === 'string' && id.endsWith(CONNECT_SUFFIX)
}

/** The parameter of a form that a page of this origin has posted again. */
export const POSTED_AGAIN = 'jit_again'
