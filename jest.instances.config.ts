/** @jest-config-loader esbuild-register */
import type { Config } from 'jest'
import base from './jest.config'

const config: Config = {
  ...base,
  testMatch: ['**/*.instances.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/dist/'],
  testTimeout: 60_000,
}
export default config
