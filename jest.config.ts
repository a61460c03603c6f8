/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'

const config: Config = {
  testEnvironment: 'node',
  maxWorkers: '100%',
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/', '/test/package/', '\\.(e2e|instances)\\.test\\.ts$'],
  modulePathIgnorePatterns: ['<rootDir>/dist/'],
  transform: { '\\.ts$': ['ts-jest', { diagnostics: false }] },
  // MONGOOSE=8 runs the same tests with the older of the two Mongoose versions that are supported.
  moduleNameMapper: process.env.MONGOOSE === '8' ? { '^mongoose$': 'mongoose8' } : {},
  testTimeout: 30_000,
}
export default config
