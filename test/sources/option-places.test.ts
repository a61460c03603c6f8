import { optionsByPlace, protocolOptions, secretOptions } from '../../src/sources/option-places'

describe('the options of a source', () => {
  it('name every secret, and use only masked controls for them', () => {
    expect(secretOptions).toEqual(['saml.privateKey', 'saml.decryptionPvk', 'oidc.clientSecret'])
    for (const protocol of ['saml', 'oidc'] as const) {
      for (const [place, { secret = false, kind }] of optionsByPlace(protocol)) {
        const isHidden = kind === 'secret' || kind === 'key'
        if (kind) expect([place, isHidden]).toEqual([place, secret])
      }
    }
  })

  it('are paired with existing options', () => {
    for (const table of Object.values(protocolOptions)) {
      const pairs = Object.values(table).flatMap(({ pairedWith }) => pairedWith ?? [])
      expect(Object.keys(table)).toEqual(expect.arrayContaining(pairs))
    }
  })

  it('have a unique label in each protocol’s form', () => {
    for (const protocol of ['saml', 'oidc'] as const) {
      const labels = [...optionsByPlace(protocol).values()].flatMap(({ label }) => label ?? [])
      expect(labels.length).toBeGreaterThan(10)
      expect(new Set(labels).size).toBe(labels.length)
    }
  })
})
