import type { ErrorDetails, FaultCode, RefusalCode } from '../errors'
import type { Protocol } from '../sources/config'
import { checkRemedies } from './check-remedies'
import { providerRemedies } from './provider-remedies'

/** What an admin can do about a refused sign-in, by its code. */
const remedies: Partial<Record<RefusalCode | FaultCode, string>> = {
  source_disabled: 'To let people sign in through this source, edit it and turn sign-in on.',
  identifier_missing:
    'Have the provider send one of the expected names, spelled exactly as shown. If the reason names UserInfo, the provider’s own log may say why.',
  ambiguous_user: 'The received values match two users of the app. Merge them, or correct one of them.',
  linking_refused:
    'Edit the source: “People who already have an account here” controls which accounts can be connected, and “Email domains” lists the domains of this provider.',
  identity_taken:
    'The identity is connected to another account of the app. If it is the same person, disconnect it there first.',
  domain_refused: 'If the domain is this company’s, edit the source and add it to “Email domains”.',
  provisioning_disabled:
    'Edit the source and enable JIT provisioning, or create the account in the app before the person signs in.',
  required_field_missing:
    'Have the provider send the expected names, spelled exactly as shown and with a value.',
  organization_mismatch:
    'The person’s account was moved to another organization, or the source was. In the app, move one of them back, or remove the identity from that account.',
  app_refused:
    'The app’s own rules refused this person, with the message shown here. Its developers set them.',
  user_inactive: 'To let the person back in, reactivate the account in the app.',
  replayed: 'Nothing, if it happens once: the person went back or submitted a page twice.',
  provider_refused:
    'Check the provider’s own log. The person may have canceled, or may not be assigned to this app there.',
  invalid_configuration: 'Fix the problem named here, in the source or in the app’s code.',
  provider_unavailable:
    'Check the provider’s address and that this server can reach it. If a private authority issues its certificate, add the authority to the source. If it’s on a private network, allow that in the source.',
}

/** What to do about an algorithm that is not accepted. */
const algorithmRemedies: Readonly<Record<string, (algorithm: string) => string>> = {
  algorithm: (algorithm) =>
    `Have the provider sign with SHA-256 or better (RSA or ECDSA) instead of ${algorithm}.`,
  encryption: (algorithm) =>
    `Have the provider encrypt with AES (GCM if it can) and RSA-OAEP instead of ${algorithm}, or turn encryption off there.`,
}

/** What went wrong, as an error or the activity tells it. */
interface Refused extends Pick<ErrorDetails, 'check' | 'algorithm' | 'provider'> {
  code: RefusalCode | FaultCode
}

/**
 * What an admin can do about a refused sign-in: about the provider's own error, else about the failed check, else about
 * the code. `protocol` is that of the source; undefined where the source is gone.
 */
export function remedyFor(refused: Refused, protocol: Protocol | undefined): string | undefined {
  const { code, check = '', algorithm, provider = '' } = refused
  if (protocol === undefined) return remedies[code]
  if (algorithm !== undefined && own(algorithmRemedies, check)) return algorithmRemedies[check]!(algorithm)
  const { answer, token } = providerRemedies[protocol]
  // An error of the provider that came with an answer nobody asked for explains nothing.
  const byProvider = code === 'provider_refused' ? answer : check === '' || check === 'code' ? token : {}
  return own(byProvider, provider) ?? own(checkRemedies[protocol], check) ?? remedies[code]
}

function own<Remedy>(table: Readonly<Record<string, Remedy>>, name: string): Remedy | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}
