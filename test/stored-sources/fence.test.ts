import { adminApp, type AdminApp } from '../helpers/admin-app'
import { source } from '../helpers/company'
import { internalsOf } from '../helpers/internals'

/** The editor of one organization, below the routes. */

let area: AdminApp
afterEach(() => area.close())

const editorOf = (): ReturnType<ReturnType<typeof internalsOf>['editor']['within']> =>
  internalsOf(area.jit).editor.within('acme')

it('can’t change a source that has just left the organization', async () => {
  area = await adminApp()
  const all = internalsOf(area.jit).editor
  await all.create(source({ id: 'okta', organization: 'acme' }))
  const editor = editorOf()
  expect(editor.get('okta').version).toBe(1)
  const records = area.connection.collection('jitSources')
  const moved = { $set: { 'config.organization': 'globex', version: 2, updatedAt: new Date() } }
  await records.updateOne({}, moved)
  const before = await records.find().toArray()
  // This instance hasn't read the change yet.
  expect(editor.has('okta')).toBe(true)
  await editor.delete('okta', 'okta')
  await expect(editor.update('okta', { label: 'Mine' }, 2)).rejects.toMatchObject({ code: 'unknown_source' })
  expect(await records.find().toArray()).toEqual(before)
})

it('counts only the users of its own sources', async () => {
  area = await adminApp({
    code: [source({ id: 'own', organization: 'acme' }), source({ id: 'other', organization: 'globex' })],
  })
  const at = { issuer: 'i', linkedAt: new Date(), lastLoginAt: new Date() }
  const identity = (id: string): object => ({ ...at, source: id, subject: id })
  await area.User.create({ email: 'a@b.example', identities: [identity('own'), identity('other')] })
  expect([...(await editorOf().linkedUsers(['own', 'other']))]).toEqual([['own', 1]])
})

it('finds a stored source only if it is the one in use', async () => {
  area = await adminApp({ code: [source({ id: 'okta', organization: 'globex' })] })
  const { config, ...rest } = { config: { ...source({ organization: 'acme' }), id: undefined }, version: 1 }
  const at = { createdAt: new Date(), updatedAt: new Date() }
  await area.connection
    .collection('jitSources')
    .insertOne({ _id: 'okta' as never, config, secrets: [], ...rest, ...at })
  await internalsOf(area.jit).editor.refresh()
  expect(internalsOf(area.jit).editor.list()).toHaveLength(2)
  expect(editorOf().list()).toEqual([])
})
