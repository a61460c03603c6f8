import { inflateRawSync } from 'node:zlib'
import { attribute, defaults, type Keys, responseXml } from '../../test/helpers/saml-idp'
import type { BenchField, Person } from '../people/fields'
import { claimsOf, subjectOf } from '../people/people'
import type { Provider, ProviderAnswer } from './provider'

/** An identity provider that signs its assertions, or these and its responses. */
export class SamlProvider implements Provider {
  readonly issuer = 'https://idp.corp.example/metadata'
  readonly entryPoint = 'https://idp.corp.example/sso'

  constructor(
    readonly keys: Keys,
    readonly fields: BenchField[],
    readonly signed: 'assertion' | 'both',
  ) {}

  async answer(location: string, person: Person, version: number): Promise<ProviderAnswer> {
    const request = requestIn(location)
    const acs = attributeOf(request, 'AssertionConsumerServiceURL')
    const id = attributeOf(request, 'ID')
    const [audience] = /(?<=Issuer[^>]*>)[^<]+/.exec(request) ?? ['']
    const xml = await responseXml({
      ...defaults,
      keys: this.keys,
      sign: this.signed === 'both' ? ['assertion', 'response'] : ['assertion'],
      ...{ issuer: this.issuer, responseIssuer: this.issuer, audience, recipient: acs, destination: acs },
      ...{ inResponseTo: id, responseInResponseTo: id, nameId: subjectOf(person) },
      attributes: this.#attributes(person, version),
    })
    return { query: '', form: { SAMLResponse: Buffer.from(xml).toString('base64') } }
  }

  #attributes(person: Person, version: number): string {
    return Object.entries(claimsOf(this.fields, 'saml', person, version))
      .map(([name, value]) => attribute(name, ...[value].flat().map(String)))
      .join('')
  }
}

/** The AuthnRequest in an HTTP-Redirect address (Bindings 3.4.4.1). */
function requestIn(location: string): string {
  const message = new URL(location).searchParams.get('SAMLRequest') ?? ''
  return inflateRawSync(Buffer.from(message, 'base64')).toString()
}

function attributeOf(xml: string, name: string): string {
  return new RegExp(`(?<= ${name}=")[^"]+`).exec(xml)?.[0] ?? ''
}
