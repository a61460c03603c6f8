import { type FaultyApp, faultyApp } from '../helpers/faulty-app'
import { type Person, profileOf, type TestIdp } from '../helpers/idps'
import type { Mishap } from '../helpers/mongo-proxy'
import { Browser, type Page } from '../helpers/oidc-browser'

interface Kind {
  /** What the sign-in does to the users. */
  commands: string
  /** Who is stored before it. */
  user: (person: Person, idp: TestIdp) => Record<string, unknown> | undefined
}

const kinds: Record<string, Kind> = {
  provisioned: { commands: 'find find insert', user: () => undefined },
  linked: { commands: 'find find update', user: ({ email }) => ({ email, custom: { note: 'mine' } }) },
  synced: { commands: 'find update', user: (person, idp) => known({ ...person, title: 'Before' }, idp) },
  unchanged: { commands: 'find', user: known },
  touched: { commands: 'find update', user: (person, idp) => known(person, idp, yesterday()) },
}

const yesterday = (): Date => new Date(Date.now() - 86_400_000)

function known(person: Person, idp: TestIdp, lastLoginAt = new Date()): Record<string, unknown> {
  const { custom, ...standard } = profileOf(person)
  const { issuer, protocol: source } = idp
  const identity = { source, issuer, subject: person.subject, linkedAt: lastLoginAt, lastLoginAt }
  return { ...standard, custom: { ...(custom as object), note: 'mine' }, identities: [identity] }
}

/** A user as far as a sign-in may be half done: the profile, the app's own field, the identities. */
function shapeOf(user: Record<string, unknown> | undefined): unknown {
  if (!user) return undefined
  const { email, firstName, lastName, title, custom } = user
  const { costCenter, skills, remote, note } = (custom ?? {}) as Record<string, unknown>
  const identities = ((user.identities ?? []) as Record<string, unknown>[]).map(
    ({ source, issuer, subject }) => ({ source, issuer, subject }),
  )
  return { email, firstName, lastName, title, custom: { costCenter, skills, remote, note }, identities }
}

/** Goes through the commands of a sign-in, and breaks the connection at each of them in turn. */
export function describeCuts(startIdp: () => Promise<TestIdp>): void {
  let idp: TestIdp
  let faulty: FaultyApp
  let people = 0

  beforeAll(async () => {
    idp = await startIdp()
    faulty = await faultyApp({ idps: [idp] })
  })
  afterAll(async () => {
    await faulty.close()
    await idp.close()
  })

  const newPerson = (): Person => {
    const id = `p${++people}`
    return { subject: id, email: `${id}@corp.example`, title: 'Boss' }
  }
  const stored = async ({ email }: Person): Promise<unknown[]> =>
    (await faulty.users.find({ email }).toArray()).map(shapeOf)

  /** One sign-in whose nth command breaks; false where it has no such command. */
  async function signInBroken(kind: string, mishap: Mishap, nth: number): Promise<boolean> {
    const person = newPerson()
    const { user: userOf, commands } = kinds[kind]!
    const user = userOf(person, idp)
    if (user) await faulty.users.insertOne({ ...user })
    const before = user ? [shapeOf(user)] : []
    const note = user && 'mine'
    const whole = known(person, idp)
    const after = [shapeOf({ ...whole, custom: { ...(whole.custom as object), note } })]

    const browser = new Browser()
    const deliver = await faulty.answer(idp, browser, person)
    faulty.proxy.breakAt(mishap, nth)
    const page = await deliver(browser)
    const { broken } = faulty.proxy
    // The request and its assertion are taken; the old session goes, the new one is saved (twice).
    const unbroken = new RegExp(`^findAndModify (insert )?${commands} delete update update$`)
    if (!broken) expect(faulty.proxy.commands.join(' ')).toMatch(unbroken)
    await faulty.proxy.heal()
    const signedIn = expectCalm(page)
    expect(await faulty.whoIs(browser)).toBe(signedIn ? person.email : undefined)
    expect(signedIn ? [after] : [before, after]).toContainEqual(await stored(person))

    // What the provider has said serves once, and only once: unless the request was not taken yet.
    const again = await deliver(browser)
    expect(again.status).toBe(broken === 'findAndModify' && mishap === 'before' ? 302 : 403)
    expect([before, after]).toContainEqual(await stored(person))

    expect((await faulty.signIn(idp, new Browser(), person)).status).toBe(302)
    expect(await stored(person)).toEqual(after)
    return broken !== undefined
  }

  /** Success, or a page that says that the database cannot be reached; true for success. */
  function expectCalm({ status, text }: Page): boolean {
    const codes = faulty.errors.splice(0).map(({ code }) => code)
    if (status === 302) return true
    expect([status, codes]).toEqual([503, ['database_unavailable']])
    expect(text).toContain('<code>database_unavailable</code>')
    return false
  }

  const mishaps: Mishap[] = ['before', 'after', 'midway']
  const cases = Object.keys(kinds).flatMap((kind) => mishaps.map((mishap) => [kind, mishap] as const))

  it.each(cases)(
    'ends in a whole user and the next sign-in works: %s, cut %s each command',
    async (kind, mishap) => {
      let nth = 1
      while (await signInBroken(kind, mishap, nth)) nth++
    },
  )

  it.each(mishaps)(
    'never ends as somebody else than who was signed in before, cut %s each command',
    async (mishap) => {
      const [earlier, later] = [newPerson(), newPerson()]
      for (let nth = 1; ; nth++) {
        const browser = new Browser()
        await faulty.signIn(idp, browser, earlier)
        const deliver = await faulty.answer(idp, browser, later)
        faulty.proxy.breakAt(mishap, nth)
        const page = await deliver(browser)
        const { broken } = faulty.proxy
        await faulty.proxy.heal()
        if (expectCalm(page)) expect(await faulty.whoIs(browser)).toBe(later.email)
        else expect([undefined, earlier.email]).toContain(await faulty.whoIs(browser))
        if (!broken) return
      }
    },
  )

  it.each(mishaps)('starts once the connection is back, cut %s each command of a start', async (mishap) => {
    for (let nth = 1; ; nth++) {
      const browser = new Browser()
      faulty.proxy.breakAt(mishap, nth)
      const page = await faulty.start(idp, browser)
      const { broken } = faulty.proxy
      await faulty.proxy.heal()
      expectCalm(page)
      expect((await faulty.signIn(idp, browser, newPerson())).status).toBe(302)
      if (!broken) return expect(nth).toBeGreaterThan(1)
    }
  })
}
