import type { SignInProtocol } from '../passport/protocol'
import type { SamlSource } from '../sources/config'
import { begin } from './begin'
import type { SamlLimits } from './limits'
import { readResponse, receive, type SamlMessage } from './receive'

/** SAML Web Browser SSO (Profiles 4.1), with these bounds on messages. */
export function samlProtocol(limits: SamlLimits): SignInProtocol<SamlSource, SamlMessage> {
  return {
    begin,
    read: (source, request) => readResponse(source, request, limits),
    receive: (source, answer) => receive(source, answer, limits),
  }
}
