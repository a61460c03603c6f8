import type { LookupAddress, LookupOptions } from 'node:dns'
import http, { type IncomingMessage, type OutgoingHttpHeaders, type RequestOptions } from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { addressesOf, promptAddressesOf } from './name-lookup'
import { userAgent } from './user-agent'
import { type Proxy, proxyAgent, watchProxy } from './proxy'
import { checkedUrl, isWithinReach, type Reach, withoutBrackets } from './reach'
import { causeOf, OutgoingRequestError } from './request-error'
import type { Trust } from './trust'

/** How long one request may take, from the name look-up to the last byte, in milliseconds. */
const DEADLINE_MS = 5000

/** The longest answer, in bytes. */
const MAX_BYTES = 1024 * 1024

export interface OutgoingRequest extends Reach {
  /** Sent by POST, as `application/x-www-form-urlencoded`. Default: none, and the request is a GET. */
  form?: URLSearchParams
  headers?: Record<string, string>
  /** TLS connections to reuse, each opened within the reach of this request. Default: a new connection. */
  connections?: https.Agent
  /** Default: every request goes directly. */
  proxy?: Proxy
  /** A private authority to trust. Default: those of Node.js alone. */
  trust?: Trust
}

/** An answer of any status. A redirect is an answer, too, and is never followed. */
export interface Answer {
  status: number
  /** The media type in lower case, without parameters. */
  contentType: string
  body: string
}

/**
 * Sends one request to an address from a configuration or a provider: at most 5 seconds and 1 MiB, no redirects,
 * https, and no private address unless allowed. Checks the IP address that the connection itself uses, so that a name
 * can't resolve to another one in between. Rejects with OutgoingRequestError.
 */
export async function send(address: string, request: OutgoingRequest = {}): Promise<Answer> {
  const signal = AbortSignal.timeout(DEADLINE_MS)
  try {
    const url = checkedUrl(address, request)
    const agent = proxyAgent(url, request.proxy, signal)
    if (agent) await demandReach(url, request)
    const response = await openTwice(url, request, { signal, proxy: agent })
    const body = await readBounded(response)
    const contentType = (response.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
    return { status: response.statusCode ?? 0, contentType: contentType.trim().toLowerCase(), body }
  } catch (error) {
    if (error instanceof OutgoingRequestError) throw error
    if (signal.aborted)
      throw new OutgoingRequestError('timeout', 'the request timed out after 5 seconds', error)
    throw new OutgoingRequestError('unreachable', causeOf(error), error)
  }
}

/** How one request goes out. */
type Way = { signal: AbortSignal; proxy: http.Agent | undefined }

/**
 * A proxy resolves names itself. Before it is asked, an address must be within reach, and so must each one to which this
 * machine resolves the name. A name that it can't resolve is the proxy's to decide about.
 */
async function demandReach(url: URL, request: OutgoingRequest): Promise<void> {
  const ips = await promptAddressesOf(withoutBrackets(url.hostname))
  if (!ips.every((ip) => isWithinReach(ip, url, request))) throw privateAddress()
}

/** A reused connection may end at the moment when it is used again; then another one is opened. */
async function openTwice(url: URL, request: OutgoingRequest, way: Way): Promise<IncomingMessage> {
  try {
    return await open(url, request, way)
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error
    return open(url, request, way)
  }
}

/** A reused connection was closed without an answer. */
class StaleConnection extends Error {}

function open(url: URL, request: OutgoingRequest, { signal, proxy }: Way): Promise<IncomingMessage> {
  const mayConnect = (ip: string): boolean => isWithinReach(ip, url, request)
  const host = withoutBrackets(url.hostname)
  // `lookup` is not called for an IP address.
  if (isIP(host) !== 0 && !mayConnect(host)) throw privateAddress()
  const body = request.form?.toString()
  const options: RequestOptions = {
    ...request.trust,
    method: body === undefined ? 'GET' : 'POST',
    headers: headersOf(request, body),
    // Node's shared pool may hold connections that were opened under another source's rules.
    agent: proxy ?? ((url.protocol === 'https:' && request.connections) || false),
    lookup: guardedLookup(mayConnect),
    signal,
  }
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'http:' ? http.request(url, options) : https.request(url, options)
    if (proxy) watchProxy(outgoing, proxy, reject)
    // If a provider switches protocols, there is no answer and no error, and the deadline has no effect.
    outgoing.on('close', () => reject(new Error('the connection ended without an answer')))
    const fail = (error: NodeJS.ErrnoException): void => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isStale ? new StaleConnection('a reused connection has ended', { cause: error }) : error)
    }
    outgoing.on('response', resolve).on('error', fail).end(body)
  })
}

function headersOf({ headers }: OutgoingRequest, body: string | undefined): OutgoingHttpHeaders {
  return {
    'User-Agent': userAgent,
    // A compressed answer could grow beyond the limit.
    'Accept-Encoding': 'identity',
    ...(body !== undefined && {
      'Content-Type': 'application/x-www-form-urlencoded',
      'Content-Length': String(Buffer.byteLength(body)),
    }),
    ...headers,
  }
}

type Lookup = NonNullable<RequestOptions['lookup']>

/** Looks a name up as Node.js does, and fails if any of its addresses is out of reach. */
function guardedLookup(mayConnect: (ip: string) => boolean): Lookup {
  return (hostname, options: LookupOptions, callback) => {
    addressesOf(hostname, { ...options, all: true })
      .then((all) => withinReach(all, mayConnect))
      .then(
        (all) => (options.all ? callback(null, all) : callback(null, all[0].address, all[0].family)),
        (error: Error) => callback(error, ''),
      )
  }
}

function withinReach(
  [first, ...rest]: LookupAddress[],
  mayConnect: (ip: string) => boolean,
): [LookupAddress, ...LookupAddress[]] {
  if (!first) throw new Error('the name has no address')
  if (![first, ...rest].every(({ address }) => mayConnect(address))) throw privateAddress()
  return [first, ...rest]
}

function privateAddress(): OutgoingRequestError {
  return new OutgoingRequestError('forbidden', 'the address is private')
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop closes the connection.
    if (size > MAX_BYTES) throw new OutgoingRequestError('too_large', 'the answer is longer than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
