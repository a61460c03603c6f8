import { type FaultyApp, faultyApp } from '../helpers/faulty-app'
import type { Person, TestIdp } from '../helpers/idps'
import type { Mishap } from '../helpers/mongo-proxy'
import { Browser, type Page } from '../helpers/oidc-browser'
import { allKinds, caseOf, type Kind, shapeOf } from './kinds'

/** Breaks the connection at each command of a sign-in in turn. */
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

  /** One sign-in whose nth command breaks. Returns false if it has no such command. */
  async function signInBroken(kind: Kind, mishap: Mishap, nth: number): Promise<boolean> {
    const person = newPerson()
    const { commands, user, before, after } = caseOf(kind, person, idp)
    if (user) await faulty.users.insertOne(user)

    const browser = new Browser()
    const deliver = await faulty.answer(idp, browser, person)
    faulty.proxy.breakAt(mishap, nth)
    const page = await deliver(browser)
    const { broken } = faulty.proxy
    // The request and its assertion are consumed. The old session is deleted, and the new one is saved, recorded for
    // the provider's logout (which may have come first), and saved again.
    const unbroken = new RegExp(`^findAndModify (insert )?${commands} delete update update find update$`)
    if (!broken) expect(faulty.proxy.commands.join(' ')).toMatch(unbroken)
    await faulty.proxy.heal()
    const signedIn = expectCalm(page)
    expect(await faulty.whoIs(browser)).toBe(signedIn ? person.email : undefined)
    expect(signedIn ? [after] : [before, after]).toContainEqual(await stored(person))

    // Sent again, the response signs no one in, unless the first attempt didn't consume the request. If the first sign-in
    // finished, the browser goes to the same page. Otherwise, the response is refused, unless the failure wasn't stored.
    const again = await deliver(browser)
    const isUntaken = broken === 'findAndModify' && mishap === 'before'
    expect(signedIn || isUntaken ? [302] : [302, 403]).toContain(again.status)
    expect(await faulty.whoIs(browser)).toBe(signedIn || isUntaken ? person.email : undefined)
    expect([before, after]).toContainEqual(await stored(person))

    expect((await faulty.signIn(idp, new Browser(), person)).status).toBe(302)
    expect(await stored(person)).toEqual(after)
    return broken !== undefined
  }

  /** Expects success, or a page that says the database cannot be reached. Returns true for success. */
  function expectCalm({ status, text }: Page): boolean {
    const codes = faulty.errors.splice(0).map(({ code }) => code)
    if (status === 302) return true
    expect([status, codes]).toEqual([503, ['database_unavailable']])
    expect(text).toContain('<code>database_unavailable</code>')
    return false
  }

  const mishaps: Mishap[] = ['before', 'after', 'midway']
  const cases = allKinds.flatMap((kind) => mishaps.map((mishap) => [kind, mishap] as const))

  it.each(cases)(
    'ends with a whole user, and the next sign-in works: %s, cut %s each command',
    async (kind, mishap) => {
      let nth = 1
      while (await signInBroken(kind, mishap, nth)) nth++
    },
  )

  it.each(mishaps)(
    'leaves the earlier user or no one signed in if it fails, cut %s each command',
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

  it.each(mishaps)('starts once the connection is back, cut %s each startup command', async (mishap) => {
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
