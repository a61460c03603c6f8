import { optionsByPlace, protocolOptions, secretOptions } from '../../src/sources/option-places'

describe('the options of sources', () => {
  it('name every secret, and ask for each in a control that never shows it', () => {
    expect(secretOptions).toEqual(['saml.privateKey', 'saml.decryptionPvk', 'oidc.clientSecret'])
    for (const protocol of ['saml', 'oidc'] as const) {
      for (const [place, { secret = false, kind }] of optionsByPlace(protocol)) {
        const isHidden = kind === 'secret' || kind === 'key'
        if (kind) expect([place, isHidden]).toEqual([place, secret])
      }
    }
  })

  it('are paired with options that exist', () => {
    for (const table of Object.values(protocolOptions)) {
      const pairs = Object.values(table).flatMap(({ pairedWith }) => pairedWith ?? [])
      expect(Object.keys(table)).toEqual(expect.arrayContaining(pairs))
    }
  })

  it('have a label of their own in the form of each protocol', () => {
    for (const protocol of ['saml', 'oidc'] as const) {
      const labels = [...optionsByPlace(protocol).values()].flatMap(({ label }) => label ?? [])
      expect(labels.length).toBeGreaterThan(10)
      expect(new Set(labels).size).toBe(labels.length)
    }
  })
})
