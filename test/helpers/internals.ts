import type { Activity } from '../../src/activity/activity'
import type { Jit } from '../../src'
import { hostOf, type SignInHost } from '../../src/passport/host'
import type { Editor } from '../../src/stored-sources/editor'
import type { SourceRefresh } from '../../src/stored-sources/refresh'

/** The internal parts of a Jit that tests inspect. */
type Internals = SignInHost & {
  editor: Editor
  activity: Activity | undefined
  refresh: SourceRefresh | undefined
}

export function internalsOf(jit: Jit): Internals {
  return hostOf(jit) as Internals
}
