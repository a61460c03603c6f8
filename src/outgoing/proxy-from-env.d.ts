declare module 'proxy-from-env' {
  /** The proxy for a URL by `HTTPS_PROXY` and `NO_PROXY`; '' where there is none. */
  export function getProxyForUrl(url: string): string
}
