import fc from 'fast-check'
import { isDeepStrictEqual } from 'node:util'
import { Schema } from 'mongoose'
import {
  createJit,
  type Assertion,
  type Decision,
  type JitError,
  jitUser,
  type SourceConfig,
} from '../../src'
import { type Field, makeCatalog } from '../../src/fields/catalog'
import type { Candidates, UserView } from '../../src/login/find-candidates'
import { type AcceptedPlan, type Plan, planLogin } from '../../src/login/plan'
import { readAssertion } from '../../src/login/read-assertion'
import type { ReceivedAssertion } from '../../src/login/received-fields'
import type { Blocked } from '../../src/login/writable-fields'
import type { Source } from '../../src/sources/config'
import { validateSource } from '../../src/sources/validate'
import {
  anyAssertion,
  anyDecision,
  anyFields,
  anySchema,
  anySet,
  anySource,
  MARK,
  storedUsers,
} from '../helpers/arbitraries'
import { company, type Company, source as sourceOf } from '../helpers/company'

/**
 * Properties of every assertion, source configuration and set of users. The runs are the same each time. A failure
 * prints the seed and the path that repeat it. PROPERTY_RUNS and PROPERTY_SEED extend the search.
 */
const seed = Number(process.env['PROPERTY_SEED'] ?? 20_240_229)
const runs = (usual: number): { seed: number; numRuns: number } => ({
  seed,
  numRuns: Number(process.env['PROPERTY_RUNS'] ?? usual),
})

type Raw = Record<string, unknown>
type Selection = 'all' | readonly string[]

const isBlank = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
const includes = (selection: Selection, path: string): boolean =>
  selection === 'all' || selection.includes(path)

/** The paths that a sign-in may write, computed again from the documentation. */
function writable(
  source: Pick<Source, 'provisioning' | 'syncing' | 'fields' | 'identifiers'>,
  fields: readonly Field[],
  isNew: boolean,
): string[] {
  const { provisioning, syncing, fields: selected, identifiers } = source
  const chosen = fields.filter(({ path, required, immutable }) =>
    isNew
      ? provisioning && (includes(selected.provision, path) || required || identifiers.includes(path))
      : syncing && includes(selected.sync, path) && !immutable,
  )
  return chosen.map(({ path }) => path)
}

/** Whether provisioned and synced fields can differ, so that the next sign-in still has changes. */
const syncsMore = ({ fields }: { fields: { provision: Selection; sync: Selection } }): boolean =>
  fields.provision !== 'all' && !isDeepStrictEqual(fields.provision, fields.sync)

/** Everything reported about a sign-in, except the changes. */
const told = (...parts: unknown[]): string => JSON.stringify(parts)

describe('every plan', () => {
  const schema = new Schema(anySchema).plugin(jitUser, { fields: anyFields })
  const fields = makeCatalog(schema, { fields: anyFields })

  interface Situation {
    source: Source
    received: ReceivedAssertion
    candidates: Candidates
    blocked: Blocked
  }

  const situation = (): fc.Arbitrary<Situation> =>
    fc
      .tuple(
        anySource(),
        storedUsers(),
        anyAssertion(),
        fc.subarray(
          fields.map(({ path }) => path),
          { maxLength: 4 },
        ),
        fc.constantFrom('conflict', 'invalid_value'),
      )
      .map(([settings, users, assertion, paths, code]) => {
        const { source } = validateSource(sourceOf(settings), fields, 'https://app.example/sso')
        const scope = (): unknown => ({ get: () => undefined })
        const received = readAssertion(fields, { source: source!, assertion, scope })
        const views = users.map(viewOf)
        const blocked: Blocked = new Map(
          paths.map((path) => [path, { code: code as 'conflict', reason: 'is blocked' }]),
        )
        return { source: source!, received, candidates: candidatesOf(source!, received, views), blocked }
      })

  const noAuthority = { order: new Map<string, string[]>(), source: () => undefined }
  const undecided = { isOpen: false, reactivate: false, set: new Map<string, undefined>() }
  const plan = ({ source, received, candidates, blocked }: Situation, now = new Date()): Plan =>
    planLogin({
      source,
      fields,
      received,
      candidates,
      blocked,
      decided: undecided,
      authority: noAuthority,
      now,
    })
  const accepted = (what: Plan): what is AcceptedPlan => what.refusal === undefined

  function viewOf(user: Raw): UserView {
    const value = (path: string): unknown =>
      path.split('.').reduce<unknown>((within, name) => (within as Raw | null | undefined)?.[name], user)
    return {
      active: user['active'] !== false,
      identities: (user['identities'] ?? []) as UserView['identities'],
      values: new Map(fields.map(({ path }) => [path, value(path)])),
      matchedBy: [],
      references: new Map(),
      organizations: [],
    }
  }

  function candidatesOf(source: Source, received: ReceivedAssertion, views: UserView[]): Candidates {
    const owner = views.find(({ identities }) =>
      identities.some(
        (one) =>
          one.source === source.id && one.issuer === received.issuer && one.subject === received.subject,
      ),
    )
    if (owner) return { byIdentity: true, users: [owner] }
    const same = (a: unknown, b: unknown): boolean =>
      String(a).trim().toLowerCase() === String(b).trim().toLowerCase()
    const users = views.map((view) => ({
      ...view,
      matchedBy: source.identifiers.filter((path) => {
        const one = received.fields.get(path)
        return (
          one?.state === 'value' && !isBlank(view.values.get(path)) && same(view.values.get(path), one.value)
        )
      }),
    }))
    return { byIdentity: false, users: users.filter(({ matchedBy }) => matchedBy.length > 0) }
  }

  /** The user after the plan is applied. */
  function carriedOut({ changes, identity }: AcceptedPlan, user: UserView | undefined): UserView {
    const values = new Map([
      ...(user?.values ?? []),
      ...changes.map(({ field, to }) => [field.path, to] as const),
    ])
    const before = user?.identities ?? []
    const identities =
      identity.do === 'add'
        ? [...before, identity.identity]
        : identity.do === 'nothing'
          ? before
          : before.map((one) =>
              (['source', 'issuer', 'subject'] as const).every((key) => one[key] === identity.identity[key])
                ? identity.identity
                : one,
            )
    return { active: true, identities, values, matchedBy: [], references: new Map(), organizations: [] }
  }

  it('writes only paths that are selected and not blocked', () => {
    fc.assert(
      fc.property(situation(), (given) => {
        const made = plan(given)
        if (!accepted(made)) return
        const allowed = writable(given.source, fields, given.candidates.users.length === 0)
        const written = made.changes.map(({ field }) => field.path)
        expect(allowed).toEqual(expect.arrayContaining(written))
        expect(new Set(written).size).toBe(written.length)
        expect(written.filter((path) => given.blocked.has(path))).toEqual([])
      }),
      runs(1500),
    )
  })

  it('writes received values or clears fields that may be cleared, but never an identifier or a required field', () => {
    fc.assert(
      fc.property(situation(), (given) => {
        const made = plan(given)
        if (!accepted(made)) return
        for (const { field, to } of made.changes) {
          const one = given.received.fields.get(field.path)!
          if (one.state === 'value') expect(to).toEqual(one.value)
          else {
            expect(isBlank(to)).toBe(true)
            expect(field.required || field.identifier).toBe(false)
            expect(given.source[one.state === 'absent' ? 'onAbsent' : 'onEmpty']).toBe('clear')
          }
        }
      }),
      runs(1500),
    )
  })

  it('is the same the second time, and does not modify its input', () => {
    fc.assert(
      fc.property(situation(), (given) => {
        const before = structuredClone(given.candidates)
        const now = new Date()
        expect(plan(given, now)).toEqual(plan(given, now))
        expect(given.candidates).toEqual(before)
      }),
      runs(1500),
    )
  })

  it('changes nothing more once it is applied', () => {
    fc.assert(
      fc.property(situation(), (given) => {
        const made = plan(given)
        if (!accepted(made) || given.received.subject === null) return
        const isNew = given.candidates.users.length === 0
        if (isNew && syncsMore(given.source)) return
        const user = carriedOut(made, given.candidates.users[0])
        const again = plan({ ...given, candidates: { byIdentity: true, users: [user] } })
        expect(again).toMatchObject({ outcome: 'unchanged', changes: [], identity: { do: 'nothing' } })
      }),
      runs(1500),
    )
  })

  it('reveals no value in a refusal or a notice', () => {
    fc.assert(
      fc.property(situation(), (given) => {
        const { notices, refusal } = plan(given)
        expect(told(notices, refusal)).not.toContain(MARK)
      }),
      runs(1500),
    )
  })
})

describe('every sign-in', () => {
  let app: Company
  beforeAll(async () => {
    app = await company({ schema: anySchema, fields: anyFields })
  })
  afterAll(() => app.close())

  const all = (): Promise<Raw[]> => app.User.collection.find({}, { sort: { _id: 1 } }).toArray()
  const schema = (): Field[] => makeCatalog(app.User.schema, { fields: anyFields })

  it('does what its preview says, and writes only selected fields, once', async () => {
    await fc.assert(
      fc.asyncProperty(anySource(), storedUsers(), anyAssertion(), async (settings, users, assertion) => {
        await app.User.collection.deleteMany({})
        if (users.length > 0) await app.User.collection.insertMany(users)
        await signIn(settings, assertion)
      }),
      runs(60),
    )
  }, 600_000)

  it('does what its preview says, no matter what decide answers, and calls it once', async () => {
    const names = { title: ['position', 'title'], lastName: ['sn', 'lastName'] }
    await fc.assert(
      fc.asyncProperty(
        fc.tuple(anySource(), storedUsers(), anyAssertion()),
        fc.tuple(
          anyDecision(),
          anySet(),
          fc.dictionary(fc.constantFrom('position', 'sn'), fc.constantFrom('', MARK, 7)),
        ),
        async ([settings, users, assertion], [decision, set, more]) => {
          await app.User.collection.deleteMany({})
          if (users.length > 0) await app.User.collection.insertMany(users)
          const attributes = { ...assertion.attributes, ...more }
          await signIn({ ...settings, set, attributes: names }, { ...assertion, attributes }, decision)
        },
      ),
      runs(80),
    )
  }, 600_000)

  async function signIn(
    settings: Partial<SourceConfig>,
    assertion: Assertion,
    decision?: Decision,
  ): Promise<void> {
    const source = settings as Required<typeof settings>
    let asked = 0
    const decide = (): Decision => {
      asked++
      return decision!
    }
    const jit = createJit({
      userModel: app.User,
      baseUrl: 'https://app.example/sso',
      sources: [sourceOf(settings)],
      ...(decision && { decide }),
    })
    const before = await all()
    const foreseen = await jit.preview('okta', assertion).catch((error: JitError) => error)
    expect(asked).toBeLessThanOrEqual(1)
    expect(await all()).toEqual(before)
    asked = 0
    const result = await jit.login('okta', assertion).catch((error: JitError) => error)
    expect(asked).toBeLessThanOrEqual(1)
    if (result instanceof Error) return refused(result, foreseen, before)
    expect(foreseen).toEqual({ outcome: result.outcome, changes: result.changes, notices: result.notices })
    expect(told(result.notices)).not.toContain(MARK)
    const set = { ...settings.set, ...decision?.set }
    expectWritten(source as never, before, await all(), Object.keys(set))
    // Found by identifiers alone, such a person has another email the next time.
    if (assertion.subject === null && 'email' in set) return
    // A source sets values only when it creates a user, and the next sign-in syncs them.
    const isOpen = syncsMore(source as never) || Object.keys(settings.set ?? {}).length > 0
    if (result.outcome === 'provisioned' && isOpen) await jit.login('okta', assertion)
    const settled = await all()
    const again = await jit.login('okta', assertion)
    expect([again.outcome, again.changes]).toEqual(['unchanged', []])
    expect(await all()).toEqual(settled)
  }

  async function refused(error: JitError, foreseen: unknown, before: Raw[]): Promise<void> {
    if (error.name !== 'JitError') throw error
    const { code, message, details } = error
    if (code === 'invalid_configuration') expect(foreseen).toMatchObject({ code, message, details })
    else
      expect(foreseen).toMatchObject({ outcome: 'refused', changes: [], refusal: { code, message, details } })
    expect(told(message, details)).not.toContain(MARK)
    expect(await all()).toEqual(before)
  }

  /** At most one user differs, in selected fields, set fields and identities, or there is one more user. */
  function expectWritten(source: Source, before: Raw[], after: Raw[], set: string[]): void {
    const changed = before.filter((user, i) => !isDeepStrictEqual(user, after[i]))
    expect(changed.length + after.length - before.length).toBeLessThanOrEqual(1)
    for (const user of changed) {
      const now = after.find(({ _id }) => isDeepStrictEqual(_id, user['_id']))!
      // When Mongoose writes, it also writes the schema's defaults to missing paths.
      const paths = differences(user, now).filter((path) => at(user, path) !== undefined || !hasDefault(path))
      expect([...writable(source, schema(), false), ...set, 'identities', '__v']).toEqual(
        expect.arrayContaining(paths),
      )
      const kept = schema().filter(
        ({ path, required, identifier }) =>
          (required || identifier) && !isBlank(at(user, path)) && !set.includes(path),
      )
      expect(kept.filter(({ path }) => isBlank(at(now, path)))).toEqual([])
    }
  }

  const hasDefault = (path: string): boolean => {
    const type = app.User.schema.path(path) as { defaultValue?: unknown } | undefined
    return type?.defaultValue !== undefined
  }

  const at = (user: Raw, path: string): unknown =>
    path.split('.').reduce<unknown>((within, name) => (within as Raw | null | undefined)?.[name], user)

  /** The paths at which two stored users differ. */
  function differences(one: Raw, other: Raw): string[] {
    const top = new Set([...Object.keys(one), ...Object.keys(other)])
    const custom = new Set([one, other].flatMap((user) => Object.keys((user['custom'] ?? {}) as Raw)))
    const paths = [
      ...[...top].filter((name) => name !== 'custom'),
      ...[...custom].map((name) => `custom.${name}`),
    ]
    return paths.filter((path) => !isDeepStrictEqual(at(one, path), at(other, path)))
  }
})
