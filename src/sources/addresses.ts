/** Where a provider sends its logout messages, and the browser after its own logout. */
export function logoutAddress(baseUrl: string, sourceId: string): string {
  return `${baseUrl}/${sourceId}/logout`
}

/** Where an OpenID Provider posts logout tokens (Back-Channel Logout 1.0, 2.2). */
export function backchannelAddress(baseUrl: string, sourceId: string): string {
  return `${baseUrl}/${sourceId}/backchannel-logout`
}
