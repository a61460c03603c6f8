import { isNearMiss, nearest } from '../../src/fields/near-miss'
import { asciiDomain, domainOf, normalize } from '../../src/fields/normalize'

describe('near misses', () => {
  it.each([
    ['FirstName', 'firstName'],
    ['first_name', 'firstName'],
    ['first-name', 'firstName'],
    ['fristName', 'firstName'],
    ['firstNam', 'firstName'],
    ['mail', 'email'],
    ['urn:example:DEPARTMENT', 'department'],
    ['http://schemas.example/ws/claims/title', 'title'],
  ])('match %s to %s', (got, expected) => expect(isNearMiss(got, expected)).toBe(true))

  it.each([
    ['lastName', 'firstName'],
    ['sub', 'bio'],
    ['city', 'bio'],
    ['', 'title'],
    ['---', 'title'],
    ['department', 'title'],
    ['x'.repeat(300), 'title'],
  ])('do not match %p to %s', (got, expected) => expect(isNearMiss(got, expected)).toBe(false))

  it('name only the closest one, and none if nothing is close', () => {
    expect(nearest('lable', ['attribute', 'label'])).toBe('label')
    expect(nearest('costCenter', ['email', 'custom.costCenter'])).toBe('custom.costCenter')
    expect(nearest('zebra', ['attribute', 'label'])).toBeUndefined()
  })
})

describe('email normalization', () => {
  it.each([
    [' Ann.LEE@Corp.Example ', 'ann.lee@corp.example'],
    ['ÉLODIE@x.example', 'élodie@x.example'],
    ['\u212aim@x.example', '\u212aim@x.example'],
    ['\u0130da@x.example', '\u0130da@x.example'],
    ['STRA\u1e9eE@x.example', 'stra\u1e9ee@x.example'],
  ])('converts %p to %p', (written, expected) => {
    expect(normalize(written)).toBe(expected)
    expect(normalize(expected)).toBe(expected)
  })

  it.each([
    ['ann@corp.example', 'corp.example'],
    ['ann@Corp.EXAMPLE', 'corp.example'],
    ['ann@bücher.example', 'xn--bcher-kva.example'],
    ['ann@corp.example@evil.example', undefined],
    ['"ann"@corp.example', undefined],
    ['ann@', undefined],
    ['@corp.example', undefined],
    ['ann@corp example', undefined],
    ['ann@ｃorp.example', undefined],
    ['ann@corp%2eexample', undefined],
  ])('finds the domain of %p: %p', (email, domain) => expect(domainOf(email)).toBe(domain))

  it('compares domains in ASCII', () => {
    expect(asciiDomain('BÜCHER.example')).toBe('xn--bcher-kva.example')
    expect(asciiDomain('')).toBeUndefined()
  })
})
