import type { LookupAddress, LookupOptions } from 'node:dns'
import type { IncomingMessage, RequestOptions } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { isBoundedJson } from './json-bounds'
import { addressesOf } from './name-lookup'

/** How long one request may take, from the name's resolution to the last byte, in milliseconds. */
const DEADLINE = 5000

/** How long an answer may be, in bytes. */
const MAX_BYTES = 1024 * 1024

/** Which addresses requests may go to. Public ones over https always; the rest has to be allowed. */
export interface Reach {
  /** Any address, over https. Default: false. */
  privateAddresses?: boolean
  /** Loopback addresses, and these over http too: development. Default: false. */
  loopback?: boolean
}

export interface OutgoingRequest extends Reach {
  /** Sent by POST, as `application/x-www-form-urlencoded`. Default: none, a GET. */
  form?: URLSearchParams
  headers?: Record<string, string>
  /**
   * Connections over TLS that may be used again, all of them opened within this request's reach. Default: a
   * connection of its own.
   */
  connections?: https.Agent
}

/** An answer of whatever status; a redirect is an answer too, and is never followed. */
export interface Answer {
  status: number
  /** The media type in lower case, without parameters. */
  contentType: string
  body: string
}

/**
 * Why a request got no usable answer. `forbidden`: the address is not https, or private; `unreachable`: no
 * connection, or a broken one; `timeout`; `too_large`.
 */
export class OutgoingRequestError extends Error {
  override readonly name = 'OutgoingRequestError'
  readonly reason: 'forbidden' | 'unreachable' | 'timeout' | 'too_large'

  constructor(reason: OutgoingRequestError['reason'], message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.reason = reason
  }
}

/**
 * Makes one request to an address that a configuration or a provider named: 5 seconds in all, 1 MiB, no
 * redirects, https, and no private address unless allowed. Names are judged by what they resolve to for the
 * very connection that is used, so that a name cannot change its address in between.
 * Rejects with OutgoingRequestError.
 */
export async function send(address: string, request: OutgoingRequest = {}): Promise<Answer> {
  const signal = AbortSignal.timeout(DEADLINE)
  try {
    const response = await openTwice(checkedUrl(address, request), request, signal)
    const body = await readBounded(response)
    const contentType = (response.headers['content-type'] ?? '').split(';', 1)[0] ?? ''
    return { status: response.statusCode ?? 0, contentType: contentType.trim().toLowerCase(), body }
  } catch (error) {
    if (error instanceof OutgoingRequestError) throw error
    if (signal.aborted)
      throw new OutgoingRequestError('timeout', 'no complete answer within 5 seconds', error)
    throw new OutgoingRequestError('unreachable', 'the connection failed', error)
  }
}

/**
 * Reads an address that a browser or a request may be sent to: https, or http on loopback where that is
 * allowed. Throws OutgoingRequestError `forbidden`.
 */
export function checkedUrl(address: string, reach: Reach): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url) throw new OutgoingRequestError('forbidden', 'the address is not an absolute URL')
  const development = reach.loopback && url.protocol === 'http:' && isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !development)
    throw new OutgoingRequestError('forbidden', 'the address is not https')
  return url
}

/** The value of a JSON text; undefined where it is none, or too large a one. (A SyntaxError would quote the text.) */
export function parseJson(text: string): unknown {
  try {
    return isBoundedJson(text) ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

/** True for `localhost` and the loopback addresses, as a URL's `hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  const host = withoutBrackets(hostname)
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback')
}

/** A connection that is kept may end at the very moment when it is used again: then another one is tried. */
async function openTwice(url: URL, request: OutgoingRequest, signal: AbortSignal): Promise<IncomingMessage> {
  try {
    return await open(url, request, signal)
  } catch (error) {
    if (!(error instanceof StaleConnection)) throw error
    return open(url, request, signal)
  }
}

/** A connection that had served before was closed without an answer. */
class StaleConnection extends Error {}

function open(url: URL, request: OutgoingRequest, signal: AbortSignal): Promise<IncomingMessage> {
  const mayConnect = (ip: string): boolean => isWithinReach(ip, url, request)
  const host = withoutBrackets(url.hostname)
  // A literal address is never looked up.
  if (isIP(host) !== 0 && !mayConnect(host)) throw privateAddress()
  const body = request.form?.toString()
  const options: RequestOptions = {
    method: body === undefined ? 'GET' : 'POST',
    // Nothing is inflated, so that no answer can grow.
    headers: {
      'Accept-Encoding': 'identity',
      ...(body !== undefined && formHeaders(body)),
      ...request.headers,
    },
    // The shared pool's connections may have been opened under another source's rules.
    agent: (url.protocol === 'https:' && request.connections) || false,
    lookup: guardedLookup(mayConnect),
    signal,
  }
  return new Promise((resolve, reject) => {
    const outgoing = url.protocol === 'http:' ? http.request(url, options) : https.request(url, options)
    // A provider that switches protocols ends in no answer and no error, and not even the deadline is told.
    outgoing.on('close', () => reject(new Error('the connection ended without an answer')))
    const fail = (error: NodeJS.ErrnoException): void => {
      const isStale = outgoing.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE')
      reject(isStale ? new StaleConnection('a connection that was kept has ended', { cause: error }) : error)
    }
    outgoing.on('response', resolve).on('error', fail).end(body)
  })
}

type Lookup = NonNullable<RequestOptions['lookup']>

/** Resolves a name as Node.js would, and fails when any of its addresses is out of reach. */
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

function isWithinReach(ip: string, url: URL, reach: Reach): boolean {
  const range = rangeOf(ip)
  if (url.protocol === 'http:') return range === 'loopback'
  if (reach.privateAddresses || (reach.loopback && range === 'loopback')) return true
  return range === 'unicast'
}

/** The kind of an address; IPv6 that is not global unicast (RFC 4291 2.4: 2000::/3) is never `unicast`. */
export function rangeOf(ip: string): string {
  if (isIP(ip) === 0) return 'invalid'
  const address = ipaddr.process(ip)
  const range = address.range()
  const isGlobal = address.kind() === 'ipv4' || address.match(ipaddr.parseCIDR('2000::/3'))
  return range === 'unicast' && !isGlobal ? 'reserved' : range
}

function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

function privateAddress(): OutgoingRequestError {
  return new OutgoingRequestError('forbidden', 'the address is private (see allowPrivateAddresses)')
}

function formHeaders(body: string): Record<string, string> {
  return {
    'Content-Type': 'application/x-www-form-urlencoded',
    'Content-Length': String(Buffer.byteLength(body)),
  }
}

async function readBounded(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    // Leaving the loop destroys the connection.
    if (size > MAX_BYTES) throw new OutgoingRequestError('too_large', 'the answer is longer than 1 MiB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
