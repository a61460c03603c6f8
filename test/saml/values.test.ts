import type request from 'supertest'
import type { LoginResult } from '../../src'
import { SamlCompany } from '../helpers/saml-company'
import { attribute } from '../helpers/saml-idp'

let company: SamlCompany
const results: LoginResult[] = []
beforeAll(async () => {
  company = await SamlCompany.open()
  company.app.jit.on('login', (result) => void results.push(result as unknown as LoginResult))
})
afterAll(() => company.close())
beforeEach(async () => {
  results.length = 0
  company.refused.length = 0
  await company.app.User.deleteMany({})
})

const names = attribute('firstName', 'Ada') + attribute('lastName', 'Lee')
const email = attribute('email', 'ada@corp.example')
const nameId = (text: string): string => `<saml:NameID>${text}</saml:NameID>`

async function signIn(attributes: string): Promise<request.Response> {
  const started = await company.start('okta')
  return company.post('okta', await company.respond('okta', started, { attributes }), started.cookie)
}

describe('a login identifier', () => {
  it.each([
    ['in an element', '<x>ada@corp.example</x>'],
    ['in a NameID', nameId('ada@corp.example')],
    ['in an element beside text', '<x>eve</x>ada@corp.example'],
    ['beside a comment and an element', 'ada<!-- x --><x/>@corp.example'],
  ])('is refused %s, and no user is created', async (_, value) => {
    expect((await signIn(attribute('email', value) + names)).status).toBe(403)
    expect(company.refused.map(({ code }) => code)).toEqual(['identifier_missing'])
    expect(await company.app.User.countDocuments()).toBe(0)
  })

  it('is refused if one of its two values is an element', async () => {
    expect((await signIn(attribute('email', 'ada@corp.example', '<x/>') + names)).status).toBe(403)
  })

  it('is never stored from a NameID, even if the source doesn’t use it as an identifier', async () => {
    expect((await signIn(email + names + attribute('employeeNumber', nameId('E7')))).status).toBe(302)
    expect(await company.app.User.findOne().lean()).not.toHaveProperty('employeeNumber')
    expect(results[0]?.notices).toContainEqual(
      expect.objectContaining({ code: 'invalid_value', path: 'employeeNumber' }),
    )
  })
})

describe('another field', () => {
  it.each([
    ['an element', '<x>CTO</x>'],
    ['an element beside text', 'CTO<x/>'],
    ['two NameIDs', nameId('CTO') + nameId('CTO')],
  ])('keeps its value, with a notice, if %s arrives', async (_, value) => {
    await signIn(email + names + attribute('title', 'Engineer'))
    expect((await signIn(email + names + attribute('title', value))).status).toBe(302)
    expect(await company.app.User.findOne().lean()).toMatchObject({ title: 'Engineer' })
    const notice = results[1]?.notices.find(({ path }) => path === 'title')
    expect(notice).toMatchObject({
      code: 'invalid_value',
      message: expect.stringContaining('XML element') as string,
    })
  })

  it('takes the text of a NameID', async () => {
    expect((await signIn(email + names + attribute('title', `\n ${nameId('p-1')}\n`))).status).toBe(302)
    expect(await company.app.User.findOne().lean()).toMatchObject({ title: 'p-1' })
  })
})
