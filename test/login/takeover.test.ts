import { Schema } from 'mongoose'
import type { SourceConfig } from '../../src'
import { ann, company, type Company } from '../helpers/company'
import { testMongo, type TestMongo } from '../helpers/mongo'
import { type AttackedApp, attackedApp, idp } from '../helpers/oidc-attack'
import { Browser } from '../helpers/oidc-browser'
import { type Json, makeKey } from '../helpers/oidc-hostile'

/** Whole sign-ins, from the login route to the session, that try to get into another person's account. */

const others = {
  never: { linking: 'never', domains: ['corp.example'] },
  own: { domains: ['corp.example'] },
  verified: {},
  trusted: { linking: 'trusted' },
} satisfies Record<string, Partial<SourceConfig>>
const modes = Object.keys(others) as (keyof typeof others)[]

let mongo: TestMongo
let app: AttackedApp
const inactive = new Set<string>()
beforeAll(async () => {
  mongo = await testMongo()
  app = await attackedApp({
    mongo,
    // At `open`, people choose their own claims. `others` describes the other sources.
    sources: (issuer) => [
      idp(issuer, { id: 'open' }),
      idp(issuer, { id: 'partner', linking: 'trusted' }),
      idp(issuer, { id: 'silent', syncing: false }),
      ...modes.map((id) => idp(issuer, { id, ...others[id] })),
    ],
    options: {
      isActive: (user) => {
        if (inactive.has('fault')) return Promise.reject(new Error('nobody knows'))
        return Promise.resolve(!inactive.has(String((user as Json)['email'])))
      },
    },
  })
})
afterAll(() => app.close())
beforeEach(async () => {
  inactive.clear()
  await app.User.deleteMany({})
  Object.assign(app.provider, { bend: {}, received: [], keys: app.provider.keys.slice(0, 1) })
})

/** The result of a sign-in: `in`, or the code of the refusal. A refusal writes nothing and signs nobody in. */
async function signIn(at: string, claims: Json, userInfo: Json = {}): Promise<string> {
  const browser = new Browser()
  app.provider.bend = {
    claims: (sound) => ({ ...sound, email_verified: undefined, ...claims }),
    userInfo: { sub: claims['sub'], ...userInfo },
  }
  const before = await app.everything()
  const outcome = await app.signIn(browser, at)
  if (outcome.status === 302) return 'in'
  expect(await app.subjectsOf(browser)).toBeUndefined()
  expect(await app.everything()).toBe(before)
  expect(outcome.status).toBe(outcome.errors.length > 0 ? 500 : 403)
  return outcome.code ?? outcome.errors.join()
}

const address = 'victim@corp.example'
const victim = (rest: Json = {}): Json => ({ sub: 'victim', email: address, ...rest })
const mallory = (rest: Json = {}): Json => ({
  sub: 'mallory',
  email: address,
  given_name: 'Mallory',
  ...rest,
})
const vouched = { email_verified: true }
const storeVictim = async (rest: Json = {}): Promise<void> => {
  await app.User.collection.insertOne({ email: 'Victim@Corp.example', firstName: 'Victim', ...rest })
}
const owners = async (): Promise<string[][]> =>
  (await app.User.find().lean<{ identities?: { source: string; subject: string }[] }[]>()).map(
    ({ identities = [] }) => identities.map(({ source: at, subject }) => `${subject} at ${at}`),
  )

describe('an unverified email links no user', () => {
  const claims: [title: string, verified: unknown][] = [
    ...[
      undefined,
      null,
      false,
      'true',
      'True',
      'false',
      '1',
      1,
      0,
      'yes',
      [],
      [true],
      {},
      { value: true },
    ].map((verified): [string, unknown] => [JSON.stringify(verified) ?? 'missing', verified]),
  ]
  it.each(claims)('email_verified: %s', async (_title, verified) => {
    await storeVictim()
    for (const at of ['open', 'never']) {
      expect(await signIn(at, mallory({ email_verified: verified }))).toBe('linking_refused')
      // The email from UserInfo, with email_verified next to it or in the ID token.
      const elsewhere = { email: undefined, email_verified: undefined }
      expect(await signIn(at, mallory(elsewhere), { email: address, email_verified: verified })).toBe(
        'linking_refused',
      )
      expect(await signIn(at, mallory({ ...elsewhere, ...vouched }), { email: address })).toBe(
        'linking_refused',
      )
      expect(await signIn(at, mallory({ email_verified: verified }), vouched)).toBe('linking_refused')
    }
    expect(await owners()).toEqual([[]])
  })

  it.each([false, 'false'])(
    'in a domain of the source itself, if the provider sends %j',
    async (verified) => {
      await storeVictim()
      expect(await signIn('own', mallory({ email_verified: verified }))).toBe('linking_refused')
      expect(await signIn('own', victim())).toBe('in')
    },
  )

  it('unless email_verified is the boolean true, and no other source has the user', async () => {
    await storeVictim()
    expect(await signIn('verified', victim(vouched))).toBe('in')
    expect(await owners()).toEqual([['victim at verified']])
  })
})

describe('an email with a new owner', () => {
  it.each(['open', 'own', 'verified'])(
    'does not link the new owner to the previous owner’s account: %s',
    async (at) => {
      expect(await signIn(at, victim(vouched))).toBe('in')
      expect(await signIn(at, mallory(vouched))).toBe('linking_refused')
      expect(await signIn(at, victim(vouched))).toBe('in')
      expect(await owners()).toEqual([[`victim at ${at}`]])
    },
  )

  it('does not link the new owner if the account was linked, or has other sources too', async () => {
    await storeVictim()
    expect(await signIn('verified', victim(vouched))).toBe('in')
    expect(await signIn('own', victim())).toBe('in')
    expect(await signIn('partner', victim())).toBe('in')
    for (const at of ['verified', 'own']) expect(await signIn(at, mallory(vouched))).toBe('linking_refused')
    expect(await owners()).toEqual([['victim at verified', 'victim at own', 'victim at partner']])
  })
})

describe('an account created in advance with another person’s email is never linked', () => {
  const everywhere = async (): Promise<void> => {
    for (const at of modes) {
      expect(await signIn(at, victim())).toBe('linking_refused')
      expect(await signIn(at, victim(vouched))).toBe('linking_refused')
    }
  }

  it('in any mode', async () => {
    expect(await signIn('open', mallory())).toBe('in')
    await everywhere()
    expect(await owners()).toEqual([['mallory at open']])
  })

  it.each([false, 'true', 1])('with email_verified: %j', async (verified) => {
    expect(await signIn('open', mallory({ email_verified: verified }))).toBe('in')
    await everywhere()
  })

  it('through a source that creates users and never syncs them', async () => {
    expect(await signIn('silent', mallory())).toBe('in')
    expect(await signIn('silent', mallory({ email: 'm@evil.example', ...vouched }))).toBe('in')
    await everywhere()
  })

  it('if its email was changed to another person’s later', async () => {
    expect(await signIn('open', mallory({ email: 'm@evil.example', ...vouched }))).toBe('in')
    expect(await signIn('open', mallory())).toBe('in')
    await everywhere()
  })

  it('if it has several sources, through any source that asserts the email', async () => {
    const own = { email: 'm@evil.example' }
    expect(await signIn('open', mallory({ ...own, ...vouched }))).toBe('in')
    expect(await signIn('partner', mallory(own))).toBe('in')
    expect(await signIn('open', mallory())).toBe('in')
    expect(await owners()).toEqual([['mallory at open', 'mallory at partner']])
    await everywhere()
    // Another source of this person sends the same email, and does not verify it.
    expect(await signIn('partner', mallory({ email_verified: false }))).toBe('in')
    await everywhere()
  })

  it('if the app has since changed the email to another person’s, or back', async () => {
    expect(await signIn('open', mallory({ email: 'other@corp.example' }))).toBe('in')
    await app.User.updateOne({}, { email: address })
    await everywhere()
    await app.User.updateOne({}, { email: 'm@evil.example' })
    await app.User.updateOne({}, { email: address })
    await everywhere()
  })

  it('if it returned to the unverified email after a verified one', async () => {
    expect(await signIn('open', mallory())).toBe('in')
    expect(await signIn('open', mallory({ email: 'm@evil.example', ...vouched }))).toBe('in')
    expect(await signIn('open', mallory())).toBe('in')
    await everywhere()
  })

  it('until its own provider verifies its current email', async () => {
    expect(await signIn('open', victim())).toBe('in')
    expect(await signIn('open', victim({ email: 'elsewhere@evil.example' }))).toBe('in')
    expect(await signIn('open', victim(vouched))).toBe('in')
    expect(await signIn('own', victim())).toBe('in')
  })
})

describe('a user of one source', () => {
  it.each(['open', 'verified', 'never'])('cannot be taken over by another: %s', async (at) => {
    expect(await signIn('partner', victim(vouched))).toBe('in')
    for (const claims of [mallory(), mallory(vouched), victim(vouched)]) {
      expect(await signIn(at, claims)).toBe('linking_refused')
    }
    expect(await owners()).toEqual([['victim at partner']])
  })

  it('cannot be taken over by a source with a different domain', async () => {
    expect(await signIn('open', victim({ email: 'victim@other.example', ...vouched }))).toBe('in')
    expect(await signIn('own', mallory({ email: 'victim@other.example', ...vouched }))).toBe('domain_refused')
  })

  it.each(['own', 'trusted'])('is linked by a source trusted to do so: %s', async (at) => {
    expect(await signIn('open', victim(vouched))).toBe('in')
    expect(await signIn(at, victim())).toBe('in')
    expect(await owners()).toEqual([['victim at open', `victim at ${at}`]])
  })

  it('keeps their email if another source asserts it for a known person', async () => {
    expect(await signIn('open', victim(vouched))).toBe('in')
    expect(await signIn('open', mallory({ email: 'm@evil.example', ...vouched }))).toBe('in')
    expect(await signIn('open', mallory(vouched))).toBe('in')
    const users = await app.User.find().sort({ _id: 1 }).lean<{ email: string }[]>()
    expect(users.map(({ email }) => email)).toEqual([address, 'm@evil.example'])
  })
})

describe('an inactive user', () => {
  it.each(modes.filter((at) => at !== 'never'))('is refused before any write: %s', async (at) => {
    await storeVictim()
    inactive.add('Victim@Corp.example')
    expect(await signIn(at, victim({ ...vouched, family_name: 'Changed' }))).toBe('user_inactive')
  })

  it('is refused when they come back, with any changes', async () => {
    expect(await signIn('open', victim(vouched))).toBe('in')
    inactive.add(address)
    expect(await signIn('open', victim({ email: 'new@corp.example', family_name: 'Changed' }))).toBe(
      'user_inactive',
    )
  })

  it('is not let in if isActive fails', async () => {
    expect(await signIn('open', victim(vouched))).toBe('in')
    inactive.add('fault')
    expect(await signIn('open', victim({ family_name: 'Changed' }))).toBe('nobody knows')
  })
})

describe('subjects', () => {
  let other: Company | undefined
  afterEach(() => other?.close())

  const subjects = [
    'victim',
    'VICTIM',
    'Victim',
    'victim ',
    ' victim',
    'victim\u00a0',
    'victim\u200b',
    'v\u0131ctim',
    'vi\u0301ctim',
    'v\u00edctim',
    'ｖictim',
    'vict\u0456m',
    'straße',
    'strasse',
    '\u212aim',
    'kim',
    '$ne',
    '{"$ne":null}',
    'victim\\',
    'victim"',
  ]

  it('are compared exactly: each is a separate person', async () => {
    const claims = (subject: string, i: number): Json => ({
      sub: subject,
      email: `user${i}@x.example`,
      ...vouched,
    })
    for (const [i, subject] of subjects.entries()) expect(await signIn('open', claims(subject, i))).toBe('in')
    expect((await owners()).flat().sort()).toEqual(subjects.map((subject) => `${subject} at open`).sort())
    for (const [i, subject] of subjects.entries()) expect(await signIn('open', claims(subject, i))).toBe('in')
    expect(await app.User.countDocuments()).toBe(subjects.length)
  })

  it('are compared exactly if every query of the app ignores letter case', async () => {
    other = await company({
      prepare: (schema) =>
        schema.pre('find', function () {
          void this.collation({ locale: 'en', strength: 2 })
        }),
    })
    await other.jit.login('okta', ann({ email: address }, { subject: 'victim' }))
    await other.jit.login('okta', ann({ email: 'm@evil.example' }, { subject: 'VICTIM' }))
    const users = await other.User.find().sort({ _id: 1 }).lean()
    expect(users.map(({ email }) => email as string)).toEqual([address, 'm@evil.example'])
  })

  it('are compared exactly if the app trims every string', async () => {
    Schema.Types.String.set('trim', true)
    other = await company()
    delete (Schema.Types.String as unknown as { defaultOptions: Json }).defaultOptions['trim']
    await other.jit.login('okta', ann({ email: address }, { subject: 'victim' }))
    const again = other.jit.login('okta', ann({ email: 'm@evil.example' }, { subject: 'victim ' }))
    await expect(again).rejects.toMatchObject({ code: 'user_inactive' })
    expect(await other.User.find().lean()).toMatchObject([{ email: address }])
  })
})

describe('a source that now points to a different provider', () => {
  it('does not inherit the people of the previous one', async () => {
    expect(await signIn('verified', victim(vouched))).toBe('in')
    const moved = await attackedApp({
      mongo: { uri: mongo.uri, close: () => Promise.resolve() },
      sources: (issuer) => [idp(issuer, { id: 'verified' })],
    })
    moved.provider.keys = [await makeKey()]
    const browser = new Browser()
    moved.provider.bend = {
      claims: (claims) => ({ ...claims, ...victim(vouched) }),
      userInfo: { sub: 'victim' },
    }
    expect(await moved.signIn(browser, 'verified')).toMatchObject({ status: 403, code: 'linking_refused' })
    // With another issuer, the same subject is another person.
    moved.provider.bend = {
      claims: (claims) => ({ ...claims, ...victim({ email: 'm@evil.example' }) }),
      userInfo: { sub: 'victim' },
    }
    expect(await moved.signIn(browser, 'verified')).toMatchObject({ status: 302 })
    expect((await owners()).flat()).toEqual(['victim at verified', 'victim at verified'])
    await moved.close()
  })
})

describe('a domain of the source itself', () => {
  const doubtful = [
    ...[
      '"victim"@corp.example',
      '"m@evil.example"@corp.example',
      '"victim@corp.example"@evil.example',
      '"x\\"@corp.example',
    ],
    ...[
      'm@evil.example@corp.example',
      'victim@corp.example@evil.example',
      'victim@@corp.example',
      '@corp.example',
    ],
    ...[
      'victim@corp.example.',
      'victim@sub.corp.example',
      'victim@corp.example.evil.example',
      'victim@xcorp.example',
    ],
    ...[
      'victim@cоrp.example',
      'victim@ｃorp.example',
      'victim@corp。example',
      'victim@corp%2eexample',
      'victim@co\u00adrp.example',
    ],
    ...[
      'victim@corp\u200b.example',
      'victim@\u212aorp.example',
      'victim @corp.example',
      'victim(@corp.example)@evil.example',
      '(c)victim@corp.example',
    ],
    ...[
      'victim@[127.0.0.1]',
      'm%evil.example@corp.example',
      'evil.example!m@corp.example',
      'victim@corp.example\0',
      'victim\0@corp.example',
    ],
    ...[
      'victim@corp.example,m@evil.example',
      '<victim@corp.example>',
      `victim@${'x'.repeat(300)}.corp.example`,
      'corp.example',
      '',
    ],
  ]

  it('matches no look-alike, and no ambiguous email', async () => {
    await storeVictim()
    for (const email of doubtful) {
      const ended = await signIn('own', mallory({ email, ...vouched }))
      expect(['domain_refused', 'identifier_missing']).toContain(ended)
    }
    expect(await owners()).toEqual([[]])
  })

  it('is matched only against the first email in a list from the provider', async () => {
    await storeVictim()
    expect(await signIn('own', mallory({ email: ['m@evil.example', address] }))).toBe('domain_refused')
  })
})
