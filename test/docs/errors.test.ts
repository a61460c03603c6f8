import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksInCode, explained, explainedChecks } from './helpers/checks'
import { unionOf } from './helpers/declared'
import { root, textOf } from './helpers/pages'

const page = 'docs/errors.md'

describe('the page of errors', () => {
  it.each([
    ['## Refusals', 'RefusalCode'],
    ['## Faults', 'FaultCode'],
    ['## Notices', 'NoticeCode'],
  ])('has every code below “%s”, and no other', (heading, type) => {
    expect(explained(page, heading).sort()).toEqual(unionOf(type).sort())
  })

  it('has every check of the protocols, and no other', () => {
    // What jose calls the claims that it has been told to demand, or looks at by itself.
    const ofJose = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'events']
    const checks = [...checksInCode(), ...ofJose]
    expect(checks.length).toBeGreaterThan(40)
    const told = [...explainedChecks('saml'), ...explainedChecks('oidc')]
    expect(checks.filter((check) => !told.includes(check))).toEqual([])
    expect(told.filter((check) => !checks.includes(check))).toEqual([])
  })

  it('has every reason for which somebody is not linked', () => {
    const linking = readFileSync(join(root, 'src/login/linking.ts'), 'utf8')
    const reasons = [...linking.matchAll(/(['"])([A-Z].+?\.)\1/g)].map(([, , reason]) => reason!)
    expect(reasons.length).toBeGreaterThan(5)
    const text = textOf(page)
    expect(reasons.filter((reason) => !text.includes(`“${reason}”`))).toEqual([])
  })
})
