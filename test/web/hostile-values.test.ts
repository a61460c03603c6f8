import { profilePage } from '../../example-app/pages/profile'
import { User } from '../../example-app/user'
import { SCRIPT, TURN, hostilePages } from '../helpers/hostile-pages'

let pages: Record<string, string>
let close: () => Promise<void>
beforeAll(async () => {
  const made = await hostilePages()
  ;[pages, close] = [made.pages, made.closed]
  const user = new User({
    email: `${SCRIPT}@x`,
    firstName: `${SCRIPT}${TURN}`,
    title: `${TURN}${SCRIPT}`,
    custom: { skills: [SCRIPT, TURN] },
  })
  const lastSignIn = {
    at: new Date(),
    source: SCRIPT,
    outcome: 'synced' as const,
    changes: [{ path: 'title', label: 'Title', from: SCRIPT, to: `${TURN}${SCRIPT}` }],
    notices: [
      {
        code: 'near_miss' as const,
        path: 'title',
        attribute: SCRIPT,
        message: `Got “${SCRIPT}”, expected “title”.`,
      },
    ],
  }
  pages['profile'] = profilePage({
    user,
    managed: [],
    lastSignIn: lastSignIn as never,
    sources: [made.app.jit.source('idp')],
  })
})
afterAll(() => close())

const names = [
  'testOfNew',
  'testOfKnown',
  'testOfRefused',
  'refused',
  'activity',
  'search',
  'findSource',
  'profile',
]

describe.each(names)('a page with received values: %s', (name) => {
  it('shows them as text', () => {
    const page = pages[name]!
    expect(page).toContain('&lt;img')
    const tags = page.replace(/="[^"]*"/g, '').match(/<[^>]*>/g)!
    expect(tags.filter((tag) => /<img|onerror|onfocus/.test(tag))).toEqual([])
  })

  it('keeps them from changing the direction of the text after them', () => {
    const alone = /<(code|bdi|title)\b[^>]*>[^<]*<\/\1>|<[^>]*>/g
    expect(pages[name]!.replace(alone, '')).not.toContain(TURN)
  })
})

it('spells out invisible characters in attribute names', () => {
  expect(pages['refused']).toContain('depart⟨U+202E⟩ment')
  expect(pages['testOfNew']).toContain('depart⟨U+202E⟩ment')
  expect(pages['activity']).toContain('depart⟨U+202E⟩ment')
})
