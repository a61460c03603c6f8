interface Cookie {
  host: string
  path: string
  value: string
}

/** A response, and the URL that sent it. */
export interface Page {
  url: string
  status: number
  headers: Headers
  text: string
}

/** A browser: it keeps cookies as browsers do (ports share them), and follows redirects. */
export class Browser {
  readonly #cookies: Map<string, Cookie>
  readonly #fetch: typeof fetch

  constructor(fetchPage = fetch, cookies: Iterable<[string, Cookie]> = []) {
    this.#fetch = fetchPage
    this.#cookies = new Map(cookies)
  }

  /** Another browser with this one's cookies; `change` can alter their values. */
  stolen(change: (name: string, value: string) => string = (_name, value) => value): Browser {
    return new Browser(
      this.#fetch,
      [...this.#cookies].map(([key, one]) => [key, { ...one, value: change(key.split(' ')[0]!, one.value) }]),
    )
  }

  /** One request, without redirects. */
  async request(
    address: string,
    form?: Record<string, string>,
    headers: Record<string, string> = {},
  ): Promise<Page> {
    const url = new URL(address)
    const response = await this.#fetch(url, {
      method: form ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { cookie: this.cookiesFor(address), ...headers },
      ...(form && { body: new URLSearchParams(form) }),
    })
    response.headers.getSetCookie().forEach((line) => this.#keep(url, line))
    return { url: address, status: response.status, headers: response.headers, text: await response.text() }
  }

  /** One request and its redirects, until `until` returns true for a URL, which is not requested. */
  async follow(
    address: string,
    form?: Record<string, string>,
    until?: (url: string) => boolean,
  ): Promise<Page> {
    let page = await this.request(address, form)
    for (let hops = 0; hops < 20; hops++) {
      const location = page.headers.get('location')
      if (page.status < 300 || page.status > 399 || !location) return page
      const next = new URL(location, page.url).href
      if (until?.(next)) return page
      page = await this.request(next)
    }
    throw new Error(`too many redirects at ${page.url}`)
  }

  /** The cookies, as in the Cookie header. */
  cookiesFor(address: string): string {
    const { hostname, pathname } = new URL(address)
    return [...this.#cookies]
      .filter(([, cookie]) => cookie.host === hostname && pathname.startsWith(cookie.path))
      .map(([key, cookie]) => `${key.split(' ')[0]}=${cookie.value}`)
      .join('; ')
  }

  #keep(url: URL, line: string): void {
    const [pair = '', ...attributes] = line.split(/; */)
    const value = pair.slice(pair.indexOf('=') + 1)
    const attribute = (name: string): string | undefined =>
      attributes.find((one) => one.toLowerCase().startsWith(`${name}=`))?.slice(name.length + 1)
    if (url.protocol === 'http:' && attributes.some((one) => one.toLowerCase() === 'secure')) return
    const path = attribute('path') ?? '/'
    const key = `${pair.slice(0, pair.indexOf('='))} ${path}`
    const expires = attribute('expires')
    if (expires && Date.parse(expires) < Date.now()) this.#cookies.delete(key)
    else this.#cookies.set(key, { host: url.hostname, path, value })
  }
}
