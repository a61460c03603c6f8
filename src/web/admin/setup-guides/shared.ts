import type { SamlFacts } from './facts'
import type { GuideStep } from './guide'

/* What several guides share: whole steps, or a step's title, condition and last sentence. */

/** The words that most products use for NameID formats. Products name the format for email differently. */
export const nameIdFormats = {
  persistent: 'Persistent',
  unspecified: 'Unspecified',
  transient: 'Transient',
} as const

export const checkRequests = { title: 'Let it check our requests', when: 'signs' } as const

export const encryptAssertions = { title: 'Have assertions encrypted', when: 'decrypts' } as const

export const signOut = { title: 'Sign people out there too' } as const

/** Replaces `signOut` for products that accept only signed logout requests, if the source doesn't sign. */
export const signOutNeedsKey: GuideStep<SamlFacts> = {
  ...signOut,
  unless: 'signs',
  text: 'Optional, and only for a source that signs: give it a private key and its certificate first, under More connection settings here.',
}

export const bringMetadata = {
  title: 'Bring its metadata here',
  then: 'Then edit this source here and paste the XML, or give its https address, as identity provider metadata.',
} as const

export const bringClient = { title: 'Bring the client here', then: { fact: 'enterClient' } } as const
