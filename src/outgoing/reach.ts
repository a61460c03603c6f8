import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { OutgoingRequestError } from './request-error'

/** The addresses that requests may go to: public ones over https, and others if they are allowed. */
export interface Reach {
  /** Any address, over https. Default: false. */
  privateAddresses?: boolean
  /** Loopback addresses, over https and http, for development. Default: false. */
  loopback?: boolean
}

/**
 * Parses an address that a browser or a request may be sent to: https, or http on loopback if that is allowed.
 * Throws OutgoingRequestError `forbidden`.
 */
export function checkedUrl(address: string, reach: Reach): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined
  if (!url) throw new OutgoingRequestError('forbidden', 'the address is not an absolute URL')
  const isDevelopment = reach.loopback && url.protocol === 'http:' && isLoopbackHost(url.hostname)
  if (url.protocol !== 'https:' && !isDevelopment)
    throw new OutgoingRequestError('forbidden', 'the address is not https')
  return url
}

/** True for `localhost` and the loopback addresses, as a URL's `hostname` spells them. */
export function isLoopbackHost(hostname: string): boolean {
  const host = withoutBrackets(hostname)
  return host === 'localhost' || (isIP(host) !== 0 && ipaddr.process(host).range() === 'loopback')
}

/** A URL's `hostname`; an IPv6 address without its brackets. */
export function withoutBrackets(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}

export function isWithinReach(ip: string, url: URL, reach: Reach): boolean {
  const range = rangeOf(ip)
  if (url.protocol === 'http:') return range === 'loopback'
  if (reach.privateAddresses || (reach.loopback && range === 'loopback')) return true
  return range === 'unicast'
}

/** The range of an IP address. IPv6 that is not global unicast (RFC 4291 2.4: 2000::/3) is never `unicast`. */
export function rangeOf(ip: string): string {
  if (isIP(ip) === 0) return 'invalid'
  const address = ipaddr.process(ip)
  const range = address.range()
  const isGlobal = address.kind() === 'ipv4' || address.match(ipaddr.parseCIDR('2000::/3'))
  return range === 'unicast' && !isGlobal ? 'reserved' : range
}
