import { createRequire } from 'node:module'
import type * as Package from '../../src'

/**
 * The package as it is published, so built: what runs the TypeScript of this folder wraps each function that is
 * made, and the libraries that the package is compared with are not wrapped.
 */
export const { createJit, jitUser, mongoSources } = createRequire(__filename)('../../dist') as typeof Package
