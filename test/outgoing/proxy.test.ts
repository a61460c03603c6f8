import dns from 'node:dns'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { HttpsProxyAgent } from 'https-proxy-agent'
import { createJit } from '../../src'
import type { Proxy } from '../../src/outgoing/proxy'
import { type OutgoingRequest, send } from '../../src/outgoing/request'
import type { OutgoingRequestError } from '../../src/outgoing/request-error'
import { trusting } from '../../src/outgoing/trust'
import { ConnectProxy } from '../helpers/connect-proxy'
import { watchDeadlines } from '../helpers/deadlines'
import { type Certified, certified } from '../helpers/private-authority'

const host = 'idp.example'
let proxy: ConnectProxy
let certificate: Certified
let requests: number
const variables = ['HTTPS_PROXY', 'NO_PROXY', 'https_proxy', 'no_proxy']
const stored = Object.fromEntries(variables.map((name) => [name, process.env[name]]))
let server: https.Server
let port: number

beforeAll(async () => {
  certificate = await certified(host, 'localhost')
  server = https.createServer(certificate, (_req, res) => {
    requests++
    res.end('the provider')
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(async () => {
  proxy = new ConnectProxy()
  await proxy.start()
  proxy.table = { [`${host}:443`]: port }
  requests = 0
  for (const name of variables) delete process.env[name]
  process.env['HTTPS_PROXY'] = proxy.url
  // As in a network where only the proxy resolves public names.
  resolve({})
})
afterEach(async () => {
  jest.restoreAllMocks()
  await proxy.close()
  for (const [name, value] of Object.entries(stored)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
})

/** What this machine resolves names to; every other name is not found. */
function resolve(names: Record<string, string>): void {
  type Done = (error: Error | null, all?: dns.LookupAddress[]) => void
  const lookup = (name: string, _options: object, done: Done): void => {
    const address = names[name]
    if (address !== undefined) return done(null, [{ address, family: 4 }])
    done(Object.assign(new Error('not found'), { code: 'ENOTFOUND' }))
  }
  jest.spyOn(dns, 'lookup').mockImplementation(lookup as never)
}

function ask(url = `https://${host}/`, request: OutgoingRequest = {}): Promise<string> {
  return send(url, { proxy: true, trust: trusting(certificate.ca), ...request }).then(
    ({ status, body }) => `${status} ${body}`,
    (error: OutgoingRequestError) => `${error.reason}: ${error.message}`,
  )
}

describe('a request through the proxy of HTTPS_PROXY', () => {
  it('reaches a host whose name only the proxy resolves', async () => {
    expect(await ask()).toBe('200 the provider')
    expect(proxy.asked).toEqual([`${host}:443`])
  })

  it('accepts the variable in lower case, without a scheme, with credentials', async () => {
    delete process.env['HTTPS_PROXY']
    process.env['https_proxy'] = `app:secret@${proxy.url.slice('http://'.length)}`
    expect(await ask()).toBe('200 the provider')
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('app:secret').toString('base64')}`])
  })

  it('still requires a trusted certificate', async () => {
    const said = 'unreachable: its certificate is from an unknown authority'
    expect(await ask(undefined, { trust: {} })).toBe(said)
    expect(requests).toBe(0)
  })

  it.each(['127.0.0.1', '10.0.0.1', '169.254.169.254', '[::1]', '[fd12::1]', '0x7f.1'])(
    'refuses the literal private address %s without asking the proxy',
    async (literal) => {
      expect(await ask(`https://${literal}/`)).toBe('forbidden: the address is private')
      expect(proxy.asked).toEqual([])
    },
  )

  it('refuses a name that this machine resolves to a private address', async () => {
    resolve({ [host]: '10.0.0.1' })
    expect(await ask()).toBe('forbidden: the address is private')
    expect(proxy.asked).toEqual([])
  })

  it('reaches an allowed private address', async () => {
    resolve({ [host]: '10.0.0.1' })
    expect(await ask(undefined, { privateAddresses: true })).toBe('200 the provider')
  })

  it('doesn’t wait for a name server that never answers', async () => {
    jest.spyOn(dns, 'lookup').mockImplementation(() => undefined)
    proxy.table = { 'slow.example:443': port }
    expect(await ask('https://slow.example/')).toContain('another host name')
    expect(proxy.asked).toEqual(['slow.example:443'])
  })

  it('fails if the proxy refuses it, no matter what the proxy sends', async () => {
    proxy.status = 407
    expect(await ask()).toBe('unreachable: the proxy answered with status 407')
    expect(requests).toBe(0)
  })

  it('reports that the proxy could not be reached', async () => {
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9'
    expect(await ask()).toBe('unreachable: the proxy could not be reached: the connection was refused')
  })

  it('times out after five seconds and closes its connection to the proxy', async () => {
    proxy.status = 0
    const deadlines = watchDeadlines(10)
    expect(await ask()).toBe('timeout: the request timed out after 5 seconds')
    expect(deadlines.mock.calls).toEqual([[5000]])
    while (proxy.sockets.size > 0) await new Promise((done) => setTimeout(done, 10))
  })

  it('goes directly to a host of NO_PROXY, under the same address rules', async () => {
    const url = `https://localhost:${port}/`
    process.env['NO_PROXY'] = 'other.example,localhost'
    resolve({ localhost: '127.0.0.1' })
    expect(await ask(url, { privateAddresses: true })).toBe('200 the provider')
    expect(await ask(url)).toBe('forbidden: the address is private')
    expect(proxy.asked).toEqual([])
  })

  it('goes directly if the variable isn’t set', async () => {
    delete process.env['HTTPS_PROXY']
    expect(await ask()).toBe('unreachable: the host name was not found')
    expect(proxy.asked).toEqual([])
  })
})

it('goes directly without the option, no matter what the variables say', async () => {
  expect(await ask(undefined, { proxy: undefined })).toBe('unreachable: the host name was not found')
  expect(proxy.asked).toEqual([])
})

describe('a request through an agent of the app', () => {
  let agent: Proxy

  beforeEach(() => {
    delete process.env['HTTPS_PROXY']
    agent = new HttpsProxyAgent(proxy.url, { keepAlive: true })
  })

  it('goes through it, under the same address rules', async () => {
    expect(await ask(undefined, { proxy: agent })).toBe('200 the provider')
    expect(proxy.asked).toEqual([`${host}:443`])
    resolve({ [host]: '10.0.0.1' })
    expect(await ask(undefined, { proxy: agent })).toBe('forbidden: the address is private')
  })

  it('doesn’t reuse a connection that trusts another source’s authority', async () => {
    expect(await ask(undefined, { proxy: agent })).toBe('200 the provider')
    expect(await ask(undefined, { proxy: agent, trust: {} })).toContain('unknown authority')
  })

  it('follows the address rules even if the agent isn’t a proxy', async () => {
    resolve({ localhost: '127.0.0.1' })
    const plain = new https.Agent()
    const url = `https://localhost:${port}/`
    expect(await ask(url, { proxy: plain })).toBe('forbidden: the address is private')
    expect(await ask(url, { proxy: plain, privateAddresses: true })).toBe('200 the provider')
  })
})

describe('the option proxy of createJit', () => {
  const refusal = (given: unknown): string => {
    try {
      createJit({ proxy: given } as never)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }

  it.each([false, 'http://user:hush@proxy.example', {}, null, new http.Agent()])('refuses %p', (given) => {
    expect(refusal(given)).toContain('proxy: must be true, or an https.Agent')
    expect(refusal(given)).not.toContain('hush')
  })

  it('accepts true and agents', () => {
    for (const given of [true, new https.Agent(), new HttpsProxyAgent('http://proxy.example')])
      expect(refusal(given)).not.toContain('proxy')
  })

  it('refuses a variable that isn’t a proxy address', () => {
    process.env['HTTPS_PROXY'] = 'socks5://user:hush@proxy.example'
    expect(refusal(true)).toContain('proxy: the variable HTTPS_PROXY must be an http:// or https:// address')
    expect(refusal(true)).not.toContain('hush')
  })
})
