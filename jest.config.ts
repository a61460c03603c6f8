/** @jest-config-loader esbuild-register */
import { availableParallelism } from 'node:os'
import type { Config } from 'jest'

type Project = Exclude<NonNullable<Config['projects']>[number], string>

const base: Project = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test', '<rootDir>/dev-mongo', '<rootDir>/example-app'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: { '\\.ts$': ['@swc/jest', { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' } }] },
  // MONGOOSE=8 runs the same tests with the older of the two supported Mongoose versions.
  moduleNameMapper: process.env.MONGOOSE === '8' ? { '^mongoose$': 'mongoose8' } : {},
}

/**
 * `npm test` runs `unit`; each of the others has a script of its own. The scripts set the time that a test may take, since
 * Jest ignores that option in a project.
 */
const config: Config = {
  // Many tests wait for processes and timers, so there is work for more workers than cores.
  maxWorkers: Math.ceil(1.5 * availableParallelism()),
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['**/*.test.ts'],
      testPathIgnorePatterns: [
        '/node_modules/',
        '/test/(package|bare|docs)/',
        '/dev-mongo/',
        '\\.(e2e|instances|oracle)\\.test\\.ts$',
        '/cost\\.test\\.ts$',
      ],
    },
    { ...base, displayName: 'docs', testMatch: ['<rootDir>/test/docs/*.test.ts'] },
    { ...base, displayName: 'cost', testMatch: ['**/cost.test.ts'] },
    { ...base, displayName: 'dev-mongo', testMatch: ['<rootDir>/dev-mongo/test/*.test.ts'] },
    { ...base, displayName: 'e2e', testMatch: ['**/*.e2e.test.ts'] },
    { ...base, displayName: 'instances', testMatch: ['**/*.instances.test.ts'] },
    { ...base, displayName: 'oracle', testMatch: ['**/*.oracle.test.ts'] },
    { ...base, displayName: 'bare', testMatch: ['<rootDir>/test/bare/*.test.ts'] },
    {
      ...base,
      displayName: 'package',
      testMatch: ['<rootDir>/test/package/*.test.ts'],
      globalSetup: '<rootDir>/test/package/helpers/pack.ts',
    },
  ],
}
export default config
