/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'
import base from './jest.config'

const config: Config = {
  ...base,
  testMatch: ['<rootDir>/test/package/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  globalSetup: '<rootDir>/test/package/helpers/pack.ts',
  testTimeout: 120_000,
}
export default config
