import { execFile } from 'node:child_process'
import dns from 'node:dns'
import { mkdtempSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { generate } from 'selfsigned'
import { version } from '../../package.json'
import { watchDeadlines } from '../helpers/deadlines'
import { parseJson } from '../../src/outgoing/json'
import { checkedUrl, isLoopbackHost, type Reach } from '../../src/outgoing/reach'
import { type OutgoingRequest, send } from '../../src/outgoing/request'
import { OutgoingRequestError } from '../../src/outgoing/request-error'
import { trusting } from '../../src/outgoing/trust'
import { certified } from '../helpers/private-authority'

const MIB = 1024 * 1024

/** The server's response to the next request. */
let answer: RequestListener
let received: string[]
const server = http.createServer((req, res) => {
  received.push(req.url ?? '')
  answer(req, res)
})
let address: string

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
})
beforeEach(() => {
  received = []
})
afterEach(() => jest.restoreAllMocks())

/** The reason that a request failed. */
async function reasonOf(request: Promise<unknown>): Promise<string> {
  const error: unknown = await request.then(
    () => 'no error',
    (reason: unknown) => reason,
  )
  return error instanceof OutgoingRequestError ? error.reason : String(error)
}

/** Makes every name resolve to these addresses, or never. */
function resolveTo(...addresses: string[]): jest.SpyInstance {
  const lookup = (
    _name: string,
    _options: object,
    done: (error: null, all: dns.LookupAddress[]) => void,
  ): void =>
    done(
      null,
      addresses.map((one) => ({ address: one, family: one.includes(':') ? 6 : 4 })),
    )
  return jest.spyOn(dns, 'lookup').mockImplementation(lookup as never)
}

describe('send', () => {
  it('returns status, media type and text of any response', async () => {
    answer = (_req, res) => res.writeHead(404, { 'Content-Type': 'Text/HTML; charset=utf-8' }).end('où')
    expect(await send(address, { loopback: true })).toEqual({
      status: 404,
      contentType: 'text/html',
      body: 'où',
    })
  })

  it('posts a form with the given headers', async () => {
    answer = (req, res) => {
      let body = ''
      req.on('data', (chunk) => (body += String(chunk)))
      req.on('end', () =>
        res.end([req.method, req.headers['content-type'], req.headers['x-y'], body].join(' ')),
      )
    }
    const form = new URLSearchParams({ a: 'b c&d' })
    const { body } = await send(address, { loopback: true, form, headers: { 'X-Y': 'z' } })
    expect(body).toBe('POST application/x-www-form-urlencoded z a=b+c%26d')
  })

  it('does not reuse a connection by default', async () => {
    answer = (_req, res) => void res.end('x')
    const opened = jest.fn()
    server.on('connection', opened)
    for (let request = 0; request < 3; request++) await send(address, { loopback: true })
    server.off('connection', opened)
    expect(opened).toHaveBeenCalledTimes(3)
  })

  it('follows no redirect', async () => {
    answer = (_req, res) => res.writeHead(302, { Location: '/elsewhere' }).end()
    expect(await send(address, { loopback: true })).toMatchObject({ status: 302 })
    expect(received).toEqual(['/'])
  })

  it('accepts a response of up to 1 MiB', async () => {
    answer = (_req, res) => res.end('x'.repeat(MIB))
    expect((await send(address, { loopback: true })).body).toHaveLength(MIB)
    answer = (_req, res) => res.end('x'.repeat(MIB + 1))
    expect(await reasonOf(send(address, { loopback: true }))).toBe('too_large')
  })

  it('stops an endless response at 1 MiB', async () => {
    const closed = new Promise((resolve) => {
      answer = (_req, res) => {
        const timer = setInterval(() => res.write('x'.repeat(64 * 1024)), 1)
        res.on('close', () => resolve(clearInterval(timer)))
      }
    })
    expect(await reasonOf(send(address, { loopback: true }))).toBe('too_large')
    await closed
  })

  it.each<[string, RequestListener]>([
    ['before the response', (req) => req.socket.destroy()],
    [
      'during the response',
      (req, res) => res.writeHead(200, { 'Content-Length': 9 }).write('x', () => req.socket.destroy()),
    ],
    ['with invalid data', (req) => void req.socket.end('SSH-2.0-OpenSSH\r\n')],
    [
      'by switching protocols',
      (req) =>
        void req.socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
        ),
    ],
  ])('reports a connection that breaks %s', async (_title, broken) => {
    answer = broken
    expect(await reasonOf(send(address, { loopback: true }))).toBe('unreachable')
  })

  it('gives up after five seconds of silence, of a slow response, or of a name look-up', async () => {
    const drops = (path: string): Promise<string> => reasonOf(send(address + path, { loopback: true }))
    answer = (req, res) => {
      if (req.url !== '/drops') return
      const timer = setInterval(() => res.write('x'), 100)
      res.on('close', () => clearInterval(timer))
    }
    const deadlines = watchDeadlines(5)
    const requests = [drops('/silence'), drops('/drops')]
    jest.spyOn(dns, 'lookup').mockImplementation(() => undefined)
    requests.push(reasonOf(send('https://slow.example')))
    // Public addresses are tried, though no server is listening.
    const tried = ['https://93.184.215.14:9/', 'https://[2fff::1]:9/'].map((url) => reasonOf(send(url)))
    expect(await Promise.all(requests)).toEqual(['timeout', 'timeout', 'timeout'])
    for (const reason of await Promise.all(tried)) expect(['unreachable', 'timeout']).toContain(reason)
    expect(deadlines.mock.calls).toEqual(Array(5).fill([5000]))
  })

  it('sends a User-Agent', async () => {
    answer = (req, res) => void res.end(req.headers['user-agent'])
    expect((await send(address, { loopback: true })).body).toBe(`passport-jit/${version}`)
  })

  it('refuses an untrusted certificate', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
    })
    const secure = https.createServer({ key, cert }, (_req, res) => void res.end('x')).listen(0, '127.0.0.1')
    await new Promise((resolve) => secure.once('listening', resolve))
    const { port } = secure.address() as AddressInfo
    const request = send(`https://localhost:${port}`, { privateAddresses: true })
    expect(await reasonOf(request)).toBe('unreachable')
    await new Promise((resolve) => secure.close(resolve))
  })
})

describe('the cause of a failure', () => {
  const causeFor = (url: string, request: OutgoingRequest = {}): Promise<string> =>
    send(url, { privateAddresses: true, ...request }).then(
      () => 'none',
      (error: Error) => error.message,
    )

  /** Has `work` ask an https server for these names. */
  async function withServer(
    options: https.ServerOptions,
    work: (url: (name: string) => string) => Promise<void>,
  ): Promise<void> {
    const secure = https.createServer(options, (_req, res) => void res.end('x')).listen(0, '127.0.0.1')
    await new Promise((resolve) => secure.once('listening', resolve))
    await work((name) => `https://${name}:${(secure.address() as AddressInfo).port}/`)
    secure.closeAllConnections()
    await new Promise((resolve) => secure.close(resolve))
  }

  it('is an unknown authority, unless the request trusts it', async () => {
    const { ca, ...pair } = await certified('localhost')
    await withServer(pair, async (url) => {
      expect(await causeFor(url('localhost'))).toBe('its certificate is from an unknown authority')
      expect(await causeFor(url('localhost'), { trust: trusting(ca) })).toBe('none')
      const other = (await certified('localhost')).ca
      expect(await causeFor(url('localhost'), { trust: trusting(other) })).toContain('unknown authority')
      expect(await causeFor(url('localhost'), { trust: trusting(`${other}\n${ca}`) })).toBe('none')
    })
  })

  it('is a certificate for another name, or an expired one', async () => {
    const { ca, ...pair } = await certified('idp.example')
    await withServer(pair, async (url) => {
      const said = 'its certificate is for another host name'
      expect(await causeFor(url('localhost'), { trust: trusting(ca) })).toBe(said)
    })
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      notBeforeDate: new Date('2020-01-01'),
      notAfterDate: new Date('2020-02-01'),
    })
    await withServer({ key, cert }, async (url) => {
      expect(await causeFor(url('localhost'), { trust: trusting(cert) })).toBe('its certificate has expired')
    })
  })

  it.each([
    ['https://127.0.0.1:9/', 'the connection was refused'],
    ['https://nowhere.invalid/', 'the host name was not found'],
  ])('of %s is that %s', async (url, cause) => {
    expect(await causeFor(url)).toContain(cause)
  })

  it('is a failed TLS handshake or a broken connection', async () => {
    answer = (req) => void req.socket.destroy()
    expect(await causeFor(address.replace('http:', 'https:'))).toBe('the TLS handshake failed')
    expect(await causeFor(address, { loopback: true })).toBe('the connection broke off')
  })

  it('is a private address or a timeout', async () => {
    expect(await causeFor('https://10.0.0.1/', { privateAddresses: false })).toBe('the address is private')
    answer = () => undefined
    watchDeadlines(50)
    expect(await causeFor(address, { loopback: true })).toBe('the request timed out after 5 seconds')
  })
})

it('trusts the authorities of NODE_EXTRA_CA_CERTS in addition to a private one', async () => {
  const [one, another] = [await certified('localhost'), await certified('localhost')]
  const file = path.join(mkdtempSync(path.join(tmpdir(), 'ca-')), 'extra.pem')
  writeFileSync(file, one.ca)
  const script = `
    const https = require('node:https')
    const { send } = require(${JSON.stringify(path.join(__dirname, '../../src/outgoing/request.ts'))})
    const { trusting } = require(${JSON.stringify(path.join(__dirname, '../../src/outgoing/trust.ts'))})
    const [pair, ca] = JSON.parse(process.argv[1])
    const server = https.createServer(pair, (_req, res) => res.end('x')).listen(0, '127.0.0.1', async () => {
      const url = 'https://localhost:' + server.address().port
      const { status } = await send(url, { privateAddresses: true, trust: trusting(ca) })
      console.log(status)
      process.exit()
    })`
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['-r', 'esbuild-register', '-e', script, JSON.stringify([one, another.ca])],
    { env: { ...process.env, NODE_EXTRA_CA_CERTS: file } },
  )
  expect(stdout.trim()).toBe('200')
})

describe('connections with keep-alive', () => {
  let secure: https.Server
  let connections: https.Agent
  let opened: number

  beforeEach(async () => {
    const altNames = [{ type: 2 as const, value: 'localhost' }]
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      algorithm: 'sha256',
      extensions: [{ name: 'subjectAltName', altNames }],
    })
    connections = new https.Agent({ keepAlive: true, ca: cert })
    secure = https.createServer({ key, cert }, (req, res) => answer(req, res)).listen(0, '127.0.0.1')
    opened = 0
    secure.on('secureConnection', () => opened++)
    await new Promise((resolve) => secure.once('listening', resolve))
  })
  afterEach(async () => {
    connections.destroy()
    secure.closeAllConnections()
    await new Promise((resolve) => secure.close(resolve))
  })

  const ask = (reach: Reach = { privateAddresses: true }): Promise<{ body: string }> =>
    send(`https://localhost:${(secure.address() as AddressInfo).port}`, {
      ...{ form: new URLSearchParams({ a: 'b' }), connections },
      ...reach,
    })

  it('serve one request after the other', async () => {
    answer = (_req, res) => void res.end('x')
    await ask()
    await ask()
    expect(opened).toBe(1)
  })

  it('are replaced once if the server closes one on reuse', async () => {
    let requests = 0
    answer = (req, res) => (++requests === 2 ? void req.socket.destroy() : void res.end(`answer ${requests}`))
    expect([(await ask()).body, (await ask()).body, requests, opened]).toEqual(['answer 1', 'answer 3', 3, 2])
    answer = (req, res) => (++requests === 4 ? void res.end('x') : void req.socket.destroy())
    await ask()
    expect([await reasonOf(ask()), requests]).toEqual(['unreachable', 6])
  })

  it('follow the same address rules', async () => {
    answer = (_req, res) => void res.end('x')
    expect([await reasonOf(ask({})), opened]).toEqual(['forbidden', 0])
  })
})

describe('address rules', () => {
  const privateAddresses = [
    ...['127.0.0.1', '127.1.2.3', '10.0.0.1', '172.16.0.1', '192.168.1.1', '169.254.169.254', '100.64.0.1'],
    ...['0.0.0.0', '192.0.0.8', '198.18.0.1', '224.0.0.1', '240.0.0.1', '255.255.255.255'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'fec0::1',
      'ff02::1',
      '::ffff:10.0.0.1',
      '::ffff:7f00:1',
    ],
    ...['::127.0.0.1', '64:ff9b::10.0.0.1', '2002:a00:1::', '2001:db8::1', '4000::1'],
  ]
  const literal = (ip: string): string => `https://${ip.includes(':') ? `[${ip}]` : ip}:9/`

  it.each(privateAddresses)('refuse %s, as a literal and as the address of a name', async (ip) => {
    expect(await reasonOf(send(literal(ip)))).toBe('forbidden')
    const lookup = resolveTo(ip)
    expect(await reasonOf(send('https://name.example:9/'))).toBe('forbidden')
    expect(await reasonOf(send('https://name.example:9/', { loopback: ip.startsWith('10.') }))).toBe(
      'forbidden',
    )
    expect(lookup).toHaveBeenCalled()
  })

  it.each([
    'https://0x7f.1/',
    'https://2130706433/',
    'https://127.1/',
    'https://0177.0.0.1/',
    'https://①27.0.0.1/',
  ])('recognize a loopback address in every form: %s', async (url) => {
    expect(await reasonOf(send(url))).toBe('forbidden')
  })

  it('refuse a name with a private address among public ones', async () => {
    resolveTo('93.184.215.14', '10.0.0.1')
    expect(await reasonOf(send('https://name.example/'))).toBe('forbidden')
  })

  it('allow private addresses if the caller does, over https only', async () => {
    expect(await reasonOf(send('https://127.0.0.1:9/', { privateAddresses: true }))).toBe('unreachable')
    expect(await reasonOf(send(address, { privateAddresses: true }))).toBe('forbidden')
    expect(received).toEqual([])
  })

  it('allow loopback if the caller does, over http too, and no other address over http', async () => {
    answer = (_req, res) => void res.end('x')
    const { port } = server.address() as AddressInfo
    expect(await send(`http://localhost:${port}`, { loopback: true })).toMatchObject({ status: 200 })
    for (const url of [
      'http://10.0.0.1/',
      'http://name.example/',
      'http://localhost.example/',
      'http://128.0.0.1/',
    ])
      expect(await reasonOf(send(url, { loopback: true }))).toBe('forbidden')
    resolveTo('93.184.215.14')
    expect(await reasonOf(send('http://localhost/', { loopback: true }))).toBe('forbidden')
  })

  it.each([
    '',
    'not a URL',
    '/path',
    'ftp://example.com',
    'file:///etc/passwd',
    'data:,x',
    'javascript:alert(1)',
  ])('allow only https: %j', async (url) => {
    const reach: Reach = { loopback: true, privateAddresses: true }
    expect(await reasonOf(send(url, reach))).toBe('forbidden')
    expect(() => checkedUrl(url, reach)).toThrow(OutgoingRequestError)
  })

  it('report a name that does not exist', async () => {
    expect(await reasonOf(send('https://nowhere.invalid/'))).toBe('unreachable')
    resolveTo()
    expect(await reasonOf(send('https://nowhere.example/'))).toBe('unreachable')
  })
})

it.each([
  ['localhost', true],
  ['127.0.0.1', true],
  ['127.255.0.9', true],
  ['[::1]', true],
  ['[::ffff:7f00:1]', true],
  ['localhost.example', false],
  ['128.0.0.1', false],
  ['example.com', false],
])('isLoopbackHost(%s) is %s', (hostname, expected) => {
  expect(isLoopbackHost(hostname)).toBe(expected)
})

it('parseJson never throws, so it never quotes its input', () => {
  expect(parseJson('{"a":[1]}')).toEqual({ a: [1] })
  expect(parseJson('{"secret"')).toBeUndefined()
})
