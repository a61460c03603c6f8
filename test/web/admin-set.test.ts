import { createJit } from '../../src'
import { adminApp, type AdminApp } from '../helpers/admin-app'
import { companyFields, companySchema } from '../helpers/company'

/** What a source in the admin area may set, and what its pages show of it. */

const fields = { schema: { ...companySchema, role: String, nick: String }, fields: companyFields }

describe('an admin', () => {
  let area: AdminApp
  afterEach(() => area.close())
  const oidc = { issuer: 'http://127.0.0.1:9', clientID: 'app' }

  const api = async (
    method: string,
    path: string,
    body?: object,
  ): Promise<[number, Record<string, unknown>]> => {
    const response = await fetch(`${area.admin}/api/sources${path}`, {
      method,
      headers: { Cookie: 'who=admin', Origin: area.origin, 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    })
    return [response.status, (await response.json()) as Record<string, unknown>]
  }
  const page = async (path: string): Promise<string> =>
    (await fetch(`${area.admin}${path}`, { headers: { Cookie: 'who=admin' } })).text()

  it('can set only the model’s fields and the paths in settable', async () => {
    area = await adminApp({ options: { settable: ['role'] }, fields })
    const problems = async (set: unknown): Promise<unknown> => {
      const [status, body] = await api('POST', '', { id: 'acme', protocol: 'oidc', oidc, set })
      return [status, ...(body['errors'] as { option: string }[]).map(({ option }) => option)]
    }
    expect(await problems({ nick: 'x' })).toEqual([422, 'set.nick'])
    expect(await problems({ _id: 'x', identities: [], rol: 'x' })).toEqual([
      422,
      'set._id',
      'set.identities',
      'set.rol',
    ])
    expect(await problems({ 'custom.desk': 'seven' })).toEqual([422, 'set.custom.desk'])
    expect(await problems(['role'])).toEqual([422, 'set'])
    const set = { role: 'member', title: 'New', 'custom.desk': 7 }
    const [status, body] = await api('POST', '', { id: 'acme', protocol: 'oidc', oidc, set })
    expect([status, body['set']]).toEqual([201, set])
    const [, patched] = await api('PATCH', '/acme', { version: 1, set: { title: null } })
    expect(patched['set']).toEqual({ role: 'member', 'custom.desk': 7 })
    const [refused] = await api('PATCH', '/acme', { version: 2, set: { nick: 'x' } })
    expect(refused).toBe(422)
  })

  it('can set a sensitive field only if settable lists it', async () => {
    const sensitive = { ...companyFields, role: { sensitive: true } }
    area = await adminApp({ fields: { ...fields, fields: sensitive } })
    const [status, { errors }] = await api('POST', '', {
      id: 'acme',
      protocol: 'oidc',
      oidc,
      set: { role: 'x' },
    })
    expect([status, JSON.stringify(errors)]).toEqual([422, expect.stringContaining('list it in createJit')])
  })

  it('sees the values for new users and a field’s other names, and the form keeps both', async () => {
    area = await adminApp({
      options: { settable: ['role'] },
      fields: { ...fields, fields: { ...companyFields, email: { attribute: ['email', 'upn'] } } },
    })
    await api('POST', '', { id: 'acme', protocol: 'oidc', oidc, set: { role: 'member' } })
    const shown = await page('/acme')
    expect(shown).toMatch(/Set for new users[\s\S]*<code>role<\/code>[\s\S]*<code>member<\/code>/)
    expect(shown).toMatch(/<small>or <code>upn<\/code>/)
    const form = new URLSearchParams({
      protocol: 'oidc',
      version: '1',
      label: 'Acme',
      'identifier.email': '1',
    })
    form.set('oidc.issuer', oidc.issuer)
    form.set('oidc.clientID', 'app')
    const saved = await fetch(`${area.admin}/acme`, {
      ...{ method: 'POST', body: form, redirect: 'manual' },
      headers: { Cookie: 'who=admin', Origin: area.origin },
    })
    expect(saved.status).toBeLessThan(400)
    const [, body] = await api('GET', '/acme')
    expect([body['label'], body['set']]).toEqual(['Acme', { role: 'member' }])
    expect(body['loginIdentifiers']).toEqual([
      { path: 'email', label: 'E-mail', attribute: 'email', alternatives: ['upn'] },
    ])
  })

  it('sees a source as broken if the app no longer allows its set', async () => {
    area = await adminApp({ options: { settable: ['role'] }, fields })
    await api('POST', '', { id: 'acme', protocol: 'oidc', oidc, set: { role: 'member' } })
    await area.connection
      .collection('jitSources')
      .updateOne({}, { $set: { 'config.set': { nick: 'x' }, version: 2 } })
    const [, body] = await api('GET', '/acme')
    expect(JSON.stringify(body['problems'])).toContain('set.nick')
  })

  it('gets an error from ready() if settable has a path that can’t be set', async () => {
    area = await adminApp({ fields })
    const options = { userModel: area.User, baseUrl: 'https://app.example/sso', sources: [] }
    await expect(createJit({ ...options, settable: ['rol', 'identities', 'role'] }).ready()).rejects.toThrow(
      /settable: 'rol': the schema has no such path; did you mean 'role'\?\n- settable: 'identities'[^\n]*$/,
    )
    expect(() => createJit({ ...options, settable: 'role' as never })).toThrow(
      'settable: must be a list of paths',
    )
    expect(() => createJit({ ...options, decide: {} as never })).toThrow('decide: must be a function')
  })
})
