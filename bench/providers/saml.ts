import { inflateRawSync } from 'node:zlib'
import { attribute, createKeys, defaults, responseXml } from '../../test/helpers/saml-idp'
import { benchFields } from '../people/fields'
import { claimsOf, subjectOf } from '../people/people'
import { FIELDS } from '../settings'
import { type Provider, sourceBase } from './provider'

/** A SAML identity provider that signs the assertion. */
export async function samlProvider(): Promise<Provider> {
  const keys = await createKeys('idp.corp.example')
  const issuer = 'https://idp.corp.example/metadata'
  const idp = { entryPoint: 'https://idp.corp.example/sso', idpIssuer: issuer, idpCert: keys.cert }
  const wanted = { wantAssertionsSigned: true, wantAuthnResponseSigned: false }
  const fields = benchFields(FIELDS)
  return {
    source: { ...sourceBase('saml'), protocol: 'saml', saml: { ...idp, ...wanted } },
    issuer,
    async answer(location, profile) {
      const { acs, id, audience } = requestIn(location)
      const xml = await responseXml({
        ...{ ...defaults, keys, sign: ['assertion'], nameId: subjectOf(profile) },
        ...{ issuer, responseIssuer: issuer, audience, recipient: acs, destination: acs },
        ...{ inResponseTo: id, responseInResponseTo: id },
        attributes: Object.entries(claimsOf(fields, 'saml', profile))
          .map(([name, value]) => attribute(name, ...[value].flat().map(String)))
          .join(''),
      })
      return { query: '', form: { SAMLResponse: Buffer.from(xml).toString('base64') } }
    },
  }
}

/** The AuthnRequest in an HTTP-Redirect address (SAML Bindings 3.4.4.1). */
function requestIn(location: string): { acs: string; id: string; audience: string } {
  const message = new URL(location).searchParams.get('SAMLRequest') ?? ''
  const xml = inflateRawSync(Buffer.from(message, 'base64')).toString()
  const match = (pattern: RegExp): string => pattern.exec(xml)?.[0] ?? ''
  return {
    acs: match(/(?<= AssertionConsumerServiceURL=")[^"]+/),
    id: match(/(?<= ID=")[^"]+/),
    audience: match(/(?<=Issuer[^>]*>)[^<]+/),
  }
}
