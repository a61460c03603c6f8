import type { Activity } from '../../src/activity/activity'
import type { Jit } from '../../src'
import { hostOf, type SignInHost } from '../../src/passport/host'
import type { Editor } from '../../src/stored-sources/editor'

/** The internal parts of a Jit that tests inspect. */
export function internalsOf(jit: Jit): SignInHost & { editor: Editor; activity: Activity | undefined } {
  return hostOf(jit) as ReturnType<typeof internalsOf>
}
