import type { Field } from '../fields/catalog'
import type { SignInProtocol } from '../passport/protocol'
import type { OidcSource } from '../sources/config'
import { fieldMapping } from '../sources/mapping'
import { begin } from './begin'
import { type OidcMessage, readResponse, receive } from './receive'

/** The authorization code flow (OpenID Connect Core 3.1) with PKCE, state and nonce, for the app's fields. */
export function oidcProtocol(fields: readonly Field[]): SignInProtocol<OidcSource, OidcMessage> {
  return {
    begin,
    read: readResponse,
    receive: (source, answer) => receive(source, answer, fieldMapping(source, fields)),
  }
}
