import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'

/** `fetch` for `Browser`, with one more trusted certificate. */
export function trustingFetch(ca: string): typeof fetch {
  const agent = new Agent({ ca, keepAlive: true, family: 4 })
  return async (input, init = {}) => {
    const url = input as URL
    if (url.protocol !== 'https:') return fetch(url, init)
    const headers = new Headers(init.headers)
    if (init.body) headers.set('content-type', 'application/x-www-form-urlencoded')
    const { method } = init
    const sent = request(url, { agent, method, headers: Object.fromEntries(headers) })
    sent.end((init.body as URLSearchParams | undefined)?.toString())
    const [answer] = (await once(sent, 'response')) as [IncomingMessage]
    const chunks: Buffer[] = []
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
    return new Response(Buffer.concat(chunks), { status: answer.statusCode, headers: pairs(answer) })
  }
}

function pairs({ rawHeaders }: IncomingMessage): [string, string][] {
  return rawHeaders.flatMap((name, i) => (i % 2 === 0 ? [[name, rawHeaders[i + 1] ?? '']] : []))
}
