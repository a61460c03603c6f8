import express, { type RequestHandler } from 'express'
import { type AttackedApp, attackedApp, idp } from './oidc-attack'
import { Browser } from './oidc-browser'
import type { Json } from './oidc-hostile'

/** Reverses the text after it until something ends it. */
export const TURN = '\u202e'
export const SCRIPT = `<img src=x onerror=alert(1)>"' onfocus=alert(1) `

/** Claims about a person that could harm every page that shows them. */
export const hostileClaims: Json = {
  email: `"${SCRIPT.replaceAll(' ', '/')}"@corp.example`,
  given_name: `${SCRIPT}${TURN}Ann`,
  family_name: `Lee${TURN}${SCRIPT}`,
  title: `${SCRIPT}${TURN}`,
  skills: [SCRIPT, `${TURN}Go`],
  [`${SCRIPT}${TURN}`]: SCRIPT,
  // A near miss of `department`.
  [`depart${TURN}ment`]: SCRIPT,
}

/** An app with an admin area, and the pages that show this person. */
export async function hostilePages(): Promise<{
  app: AttackedApp
  pages: Record<string, string>
  closed: () => Promise<void>
}> {
  const admin: { router?: RequestHandler } = {}
  const before = express
    .Router()
    .use('/admin/sso', (req, res, next) => (admin.router ?? next)(req, res, next))
  const app = await attackedApp({
    before: [before],
    sources: (issuer) =>
      ['idp', 'b', 'c', 'd', 'e', 'f'].map((id) =>
        idp(issuer, { id, domains: id === 'idp' ? [] : [`${id}.example`] }),
      ),
    options: { activity: { values: true } },
  })
  admin.router = app.jit.adminRouter({ authorize: () => true })
  return { app, pages: await gather(app), closed: () => app.close() }
}

async function gather(app: AttackedApp): Promise<Record<string, string>> {
  const browser = new Browser()
  const area = `${app.origin}/admin/sso`
  const say = (claims: Json): void => {
    app.provider.bend = {
      claims: (sound) => ({ ...sound, ...claims }),
      userInfo: { sub: claims['sub'] ?? 'alice' },
    }
  }
  const test = async (claims: Json): Promise<string> => {
    say(claims)
    const started = await browser.request(`${area}/idp/test`, {}, { 'Sec-Fetch-Site': 'same-origin' })
    const onward = (started.headers.get('refresh') ?? '').replace(/^0; url=/, '')
    return (await browser.follow(onward)).text
  }
  const testOfNew = await test(hostileClaims)
  say(hostileClaims)
  await app.signIn()
  say({ ...hostileClaims, title: `${TURN}${SCRIPT}`, skills: [SCRIPT] })
  await app.signIn()
  const testOfKnown = await test({ ...hostileClaims, title: `${SCRIPT}new` })
  say({ ...hostileClaims, sub: 'bob', email: undefined, [SCRIPT]: 'x' })
  const refused = (await app.signIn()).page.text
  return {
    testOfNew,
    testOfKnown,
    refused,
    testOfRefused: await test({ ...hostileClaims, sub: 'bob', email: undefined, [SCRIPT]: 'x' }),
    activity: (await browser.request(`${area}/idp`)).text,
    search: (await browser.request(`${area}/idp?reference=${encodeURIComponent(SCRIPT + TURN)}`)).text,
    findSource: (
      await browser.request(`${app.origin}/sso/`, { email: `${SCRIPT}${TURN}`, returnTo: `/${SCRIPT}` })
    ).text,
  }
}
