import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksInCode, explained, explainedChecks } from './helpers/checks'
import { unionOf } from './helpers/declared'
import { root, textOf } from './helpers/pages'

const page = 'docs/errors.md'

describe('the errors page', () => {
  it.each([
    ['## Refusals', 'RefusalCode'],
    ['## Faults', 'FaultCode'],
    ['## Notices', 'NoticeCode'],
  ])('lists exactly the codes of “%s”', (heading, type) => {
    expect(explained(page, heading).sort()).toEqual(unionOf(type).sort())
  })

  it('lists exactly the protocol checks', () => {
    // jose's names for the claims that it requires or checks by itself.
    const ofJose = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'events']
    const checks = [...checksInCode(), ...ofJose]
    expect(checks.length).toBeGreaterThan(40)
    const told = [...explainedChecks('saml'), ...explainedChecks('oidc')]
    expect(checks.filter((check) => !told.includes(check))).toEqual([])
    expect(told.filter((check) => !checks.includes(check))).toEqual([])
  })

  it('lists every reason a person is not linked', () => {
    const linking = readFileSync(join(root, 'src/login/linking.ts'), 'utf8')
    const reasons = [...linking.matchAll(/(['"])([A-Z].+?\.)\1/g)].map(([, , reason]) => reason!)
    expect(reasons.length).toBeGreaterThan(5)
    const text = textOf(page)
    expect(reasons.filter((reason) => !text.includes(`“${reason}”`))).toEqual([])
  })
})
