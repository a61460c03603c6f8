/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

type Project = Exclude<NonNullable<Config['projects']>[number], string>

const tests = ['<rootDir>/test', '<rootDir>/dev-mongo', '<rootDir>/example-app']

const base: Project = {
  testEnvironment: 'node',
  roots: tests,
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: { '\\.ts$': ['ts-jest', { diagnostics: false }] },
  // MONGOOSE=8 runs the same tests with the older of the two supported Mongoose versions.
  moduleNameMapper: process.env.MONGOOSE === '8' ? { '^mongoose$': 'mongoose8' } : {},
  testTimeout: 30_000,
}

/** `npm test` runs `unit`; each of the others has a script of its own. */
const config: Config = {
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '/test/(package|bare)/', '\\.(e2e|instances)\\.test\\.ts$'],
    },
    { ...base, displayName: 'e2e', testMatch: ['**/*.e2e.test.ts'], testTimeout: 60_000 },
    { ...base, displayName: 'instances', testMatch: ['**/*.instances.test.ts'], testTimeout: 60_000 },
    { ...base, displayName: 'bare', testMatch: ['<rootDir>/test/bare/*.test.ts'] },
    {
      ...base,
      displayName: 'package',
      testMatch: ['<rootDir>/test/package/*.test.ts'],
      globalSetup: '<rootDir>/test/package/helpers/pack.ts',
      testTimeout: 120_000,
    },
  ],
}
export default config
