import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checksInCode } from './helpers/checks'
import { unionOf } from './helpers/declared'
import { root, sectionOf, textOf } from './helpers/pages'

const page = 'docs/errors.md'

/** The codes that the list below a heading explains, each with its cause and its fix. */
function explained(heading: string): string[] {
  const items = sectionOf(page, heading)
    .split(/\n(?=- )/)
    .filter((item) => item.startsWith('- '))
  const complete = /^- \*\*`(\w+)`\*\*[^:]*: \S[^]*\n {2}\*\*Fix:\*\* \S/
  expect(items.filter((item) => !complete.test(item))).toEqual([])
  return items.map((item) => complete.exec(item)?.[1] ?? '')
}

describe('the errors page', () => {
  it.each([
    ['## Refusals', 'RefusalCode'],
    ['## Faults', 'FaultCode'],
    ['## Notices', 'NoticeCode'],
  ])('lists exactly the codes of “%s”', (heading, type) => {
    expect(explained(heading).sort()).toEqual(unionOf(type).sort())
  })

  it('lists exactly the protocol checks', () => {
    // jose's names for the claims that it requires or checks by itself.
    const ofJose = ['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'events']
    const checks = [...checksInCode(), ...ofJose]
    expect(checks.length).toBeGreaterThan(40)
    const told = ['### SAML', '### OpenID Connect', '### Both'].flatMap(explained)
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
