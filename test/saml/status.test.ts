import { statusCodes } from '../../src/saml/check-response'
import { scanXml } from '../../src/saml/xml/scan'
import { unlimited } from '../../src/saml/xml/scan-limits'

const codesOf = (content: string): string[] => {
  const xml = `<p:Status xmlns:p="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:x="urn:x">${content}</p:Status>`
  return statusCodes(scanXml(xml, unlimited).root)
}

describe('the status codes of a Status', () => {
  it.each<[string, string, string[]]>([
    ['none', '', []],
    ['one', '<p:StatusCode Value="a"/>', ['a']],
    ['nested codes', '<p:StatusCode Value="a"><p:StatusCode Value="b"/></p:StatusCode>', ['a', 'b']],
    ['a code without a value', '<p:StatusCode/>', ['']],
    ['the first of two codes', '<p:StatusCode Value="a"/><p:StatusCode Value="b"/>', ['a']],
    ['a code in another namespace', '<x:StatusCode Value="a"/>', []],
    ['a code after one in another namespace', '<x:StatusCode Value="a"/><p:StatusCode Value="b"/>', []],
    [
      'a nested code in another namespace',
      '<p:StatusCode Value="a"><x:StatusCode Value="b"/></p:StatusCode>',
      ['a'],
    ],
  ])('are read with %s', (_, content, expected) => expect(codesOf(content)).toEqual(expected))
})
