import { remedyFor } from '../../src/web/remedies'
import { explainedChecks } from '../docs/helpers/checks'

const generic = {
  invalid_assertion: remedyFor({ code: 'invalid_assertion' }, 'oidc'),
  provider_refused: remedyFor({ code: 'provider_refused' }, 'oidc'),
  invalid_configuration: remedyFor({ code: 'invalid_configuration' }, 'oidc'),
}

describe('a remedy', () => {
  it.each(['saml', 'oidc'] as const)('exists for every check of a %s source', (protocol) => {
    const checks = explainedChecks(protocol)
    expect(checks.length).toBeGreaterThan(20)
    const without = checks.filter((check) => {
      const remedy = remedyFor({ code: 'invalid_assertion', check }, protocol)
      return remedy === undefined || remedy === generic.invalid_assertion
    })
    expect(without).toEqual([])
  })

  it('fits the source’s protocol', () => {
    const signature = (protocol: 'saml' | 'oidc') =>
      remedyFor({ code: 'invalid_assertion', check: 'signature' }, protocol)
    expect(signature('saml')).toContain('metadata')
    expect(signature('oidc')).toContain('keys')
    for (const check of explainedChecks('oidc')) {
      const remedy = remedyFor({ code: 'invalid_assertion', check }, 'oidc')
      expect([check, remedy]).not.toEqual([
        check,
        expect.stringMatching(/metadata|ACS|NameID|entity ID|Response\b/),
      ])
    }
  })

  // RFC 6749 4.1.2.1, OpenID Connect Core 3.1.2.6, Unmet Authentication Requirements 1.0, and Keycloak's own.
  it.each([
    ...[
      'invalid_request',
      'unauthorized_client',
      'access_denied',
      'unsupported_response_type',
      'invalid_scope',
    ],
    ...['server_error', 'temporarily_unavailable', 'interaction_required', 'login_required'],
    ...['account_selection_required', 'consent_required', 'invalid_request_uri', 'invalid_request_object'],
    ...['request_not_supported', 'request_uri_not_supported', 'registration_not_supported'],
    ...['unmet_authentication_requirements', 'authentication_expired'],
  ])('exists for %s in an authorization response', (provider) => {
    const remedy = remedyFor({ code: 'provider_refused', provider }, 'oidc')
    expect(remedy).toBeTruthy()
    expect(remedy).not.toBe(generic.provider_refused)
  })

  it('differs for each error of the token endpoint (RFC 6749 5.2)', () => {
    const remedies = [
      ...[
        'invalid_request',
        'invalid_client',
        'unauthorized_client',
        'unsupported_grant_type',
        'invalid_scope',
      ].map((provider) => remedyFor({ code: 'invalid_configuration', provider }, 'oidc')),
      remedyFor({ code: 'invalid_assertion', check: 'code', provider: 'invalid_grant' }, 'oidc'),
    ]
    expect(new Set([...remedies, generic.invalid_configuration]).size).toBe(7)
  })

  it.each([
    'AuthnFailed',
    'NoPassive',
    'RequestDenied',
    'NoAuthnContext',
    'InvalidNameIDPolicy',
    'Requester',
  ])('exists for the SAML status %s', (provider) => {
    const remedy = remedyFor({ code: 'provider_refused', provider }, 'saml')
    expect([undefined, generic.provider_refused]).not.toContain(remedy)
  })

  it('is general for an unknown error, and never comes from a prototype', () => {
    for (const provider of ['unknown', 'constructor', '__proto__'])
      expect(remedyFor({ code: 'provider_refused', provider }, 'oidc')).toBe(generic.provider_refused)
    expect(remedyFor({ code: 'invalid_assertion', check: 'toString' }, 'saml')).toBe(
      generic.invalid_assertion,
    )
  })
})
