import { optionsByPlace, protocolOptions, secretOptions } from '../../src/sources/option-places'

describe('the options of sources', () => {
  it('name every secret, and ask for each in a control that never shows it', () => {
    expect(secretOptions).toEqual(['saml.privateKey', 'saml.decryptionPvk', 'oidc.clientSecret'])
    for (const protocol of ['saml', 'oidc'] as const) {
      for (const [place, { secret = false, control }] of optionsByPlace(protocol)) {
        const isHidden = control?.kind === 'secret' || control?.kind === 'key'
        if (control) expect([place, isHidden]).toEqual([place, secret])
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
      const labels = [...optionsByPlace(protocol).values()].flatMap(({ control }) => control?.label ?? [])
      expect(labels.length).toBeGreaterThan(10)
      expect(new Set(labels).size).toBe(labels.length)
    }
  })
})
