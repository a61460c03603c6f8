/**
 * The floors of the house: a room imports only from the rooms below it, type-only imports included, and no files import
 * each other in a circle. `npm run check` runs it.
 */

/** From top to bottom. Rooms on one line don't import each other. */
const floors = [
  ['src/index'],
  ['src/jit'],
  ['src/parts'],
  ['src/options'],
  ['src/web/admin'],
  ['src/web/admin/setup-guides'],
  ['src/web'],
  ['src/scim'],
  ['src/stored-sources'],
  ['src/activity'],
  ['src/saml', 'src/oidc'],
  ['src/passport'],
  ['src/events'],
  ['src/sessions', 'src/login'],
  ['src/sources'],
  ['src/fields'],
  ['src/outgoing', 'src/mongo'],
  ['src/errors'],
  // Knows no SAML, and nothing else of this library.
  ['src/saml/xml'],
]

/** The files of a room without those of the rooms inside it. */
function filesOf(room) {
  const inside = floors.flat().filter((other) => other.startsWith(`${room}/`))
  return {
    path: `^${room}(/|\\.ts$)`,
    ...(inside.length > 0 && { pathNot: inside.map((other) => `^${other}/`) }),
  }
}

const upward = floors.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `${room} imports only from below`,
    severity: 'error',
    from: filesOf(room),
    to: {
      path: '^src/',
      pathNot: [room, ...floors.slice(floor + 1).flat()].map((below) => filesOf(below).path),
    },
  })),
)

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'src stands alone',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|example-app|dev-mongo|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(test|dist|node_modules)/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
  },
}
