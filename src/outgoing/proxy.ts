import http, { type Agent, type ClientRequest } from 'node:http'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { getProxyForUrl } from 'proxy-from-env'
import { causeOf, OutgoingRequestError } from './request-error'

/** `true` takes the proxy of `HTTPS_PROXY` for every host that `NO_PROXY` does not list. An agent is used for every host. */
export type Proxy = true | Agent

/**
 * The agent that sends a request through the proxy; undefined for a request that goes directly. Plain http, which is for
 * loopback alone, always goes directly. `signal` ends a connection to the proxy of `HTTPS_PROXY`.
 */
export function proxyAgent(url: URL, proxy: Proxy | undefined, signal: AbortSignal): Agent | undefined {
  if (!proxy || url.protocol !== 'https:') return undefined
  if (proxy !== true) return proxy
  const address = proxyAddress()
  if (address === undefined || getProxyForUrl(url.href) === '') return undefined
  // The types don't know `signal`, which goes to the socket: without it, a proxy that never answers keeps the socket.
  return new HttpsProxyAgent(address, { signal })
}

/**
 * Tells of a proxy that opens no connection. https-proxy-agent passes its answer on as if it were the provider's. Of
 * another agent nobody knows whether an error is the proxy's or the provider's.
 */
export function watchProxy(request: ClientRequest, agent: Agent, reject: (error: Error) => void): void {
  const fail = (problem: string, cause?: unknown): void =>
    reject(new OutgoingRequestError('unreachable', `the proxy ${problem}`, cause))
  let isOpen = !(agent instanceof HttpsProxyAgent)
  request.on('proxyConnect', ({ statusCode }: { statusCode: number }) => {
    isOpen = true
    if (statusCode === 200) return
    fail(`answered with status ${statusCode}`)
    request.destroy()
  })
  request.on('error', (error) => {
    if (!isOpen && error.name !== 'AbortError') fail(`could not be reached: ${causeOf(error)}`, error)
  })
}

/** `HTTPS_PROXY`; http where it names no scheme, as curl reads it. */
function proxyAddress(): string | undefined {
  const address = process.env['https_proxy'] || process.env['HTTPS_PROXY']
  if (!address) return undefined
  return address.includes('://') ? address : `http://${address}`
}

/** What is wrong with the option `proxy`; undefined for a valid one. Never contains the address, which may hold a password. */
export function proxyProblem(proxy: unknown): string | undefined {
  if (proxy === undefined || isAgent(proxy)) return undefined
  if (proxy !== true) return 'must be true, or an https.Agent'
  const address = proxyAddress()
  if (address === undefined) return undefined
  const isUsable = URL.canParse(address) && ['http:', 'https:'].includes(new URL(address).protocol)
  return isUsable ? undefined : 'the variable HTTPS_PROXY must be an http:// or https:// address'
}

/** A plain http.Agent opens no https connection; agents for proxies are classes of their own. */
function isAgent(value: unknown): boolean {
  const { addRequest } = (value ?? {}) as { addRequest?: unknown }
  return typeof addRequest === 'function' && (value as object).constructor !== http.Agent
}
