import { randomUUID } from 'node:crypto'
import { promisify } from 'node:util'
import samlp from 'samlp'
import { html } from '../web/html'
import { sentAttributes, type Person } from './people'

/** The issuer and key of a Response, the application that receives it, and the request that it answers. */
export interface Answer {
  issuer: string
  key: string
  cert: string
  app: { entityId: string; acsUrl: string; logoutUrl: string }
  inResponseTo: string | undefined
}

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent'
const getSamlResponse = promisify(samlp.getSamlResponse<Person>)

/** `samlp` reads the attributes and the NameID of a person from this object. */
export class PersonMapper {
  constructor(private readonly person: Person) {}

  getClaims(): Record<string, string | string[]> {
    return sentAttributes(this.person, 'saml')
  }

  getNameIdentifier(): { nameIdentifier: string; nameIdentifierFormat: string } {
    return { nameIdentifier: this.person.id, nameIdentifierFormat: PERSISTENT }
  }

  /** The metadata announces no attributes, because the directory's admin can change them at any time. */
  get metadata(): unknown[] {
    return []
  }
}

/** A Response with a signed assertion about the person. */
export async function success({ app, ...answer }: Answer, person: Person): Promise<string> {
  const response = await getSamlResponse(
    {
      ...answer,
      audience: app.entityId,
      destination: app.acsUrl,
      recipient: app.acsUrl,
      lifetimeInSeconds: 300,
      signatureAlgorithm: 'rsa-sha256',
      digestAlgorithm: 'sha256',
      profileMapper: (user) => new PersonMapper(user),
    },
    person,
  )
  return response ?? ''
}

/** A Response with the status AuthnFailed: the person canceled, or may not sign in (SAML Core 3.2.2.2). */
export function refusal({ issuer, app, inResponseTo }: Answer): string {
  const status = 'urn:oasis:names:tc:SAML:2.0:status'
  return html`<samlp:Response
    xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"
    ID="_${randomUUID()}"
    InResponseTo="${inResponseTo}"
    Version="2.0"
    IssueInstant="${new Date().toISOString()}"
    Destination="${app.acsUrl}"
    ><saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">${issuer}</saml:Issuer
    ><samlp:Status
      ><samlp:StatusCode Value="${status}:Responder"
        ><samlp:StatusCode Value="${status}:AuthnFailed" /></samlp:StatusCode></samlp:Status
  ></samlp:Response>`.toString()
}
