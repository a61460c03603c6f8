import type { JitContext } from './context'
import type { Assertion } from '../login/assertion'
import { namedFault } from '../mongo/faults'
import { JitError } from '../errors'
import type { Explanation } from '../login/explanation'
import type { Source } from '../sources/config'
import type { NewSignIn } from '../sessions/pending-sign-ins'

/**
 * How a test sign-in ends: as Passport's `fail`, so that nobody is signed in whichever route the answer comes to.
 * It holds what arrived, and is for the browser of the admin who started it.
 */
export class TestSignIn {
  /** What an app that shows Passport's failures has to say. */
  readonly message = 'This was a test sign-in: nobody was signed in, and nothing was changed.'

  constructor(
    readonly source: Pick<Source, 'id' | 'label' | 'enabled'>,
    readonly result: TestResult,
    /** A path of this origin. */
    readonly returnTo: string | undefined,
  ) {}
}

/** What a real sign-in would come to, or why the provider's answer cannot be used at all. */
export type TestResult = { explanation: Explanation } | { failure: JitError }

/**
 * Ends a test with what `receive` resolves to, or with why it rejects. Listeners are not told: the admin sees it.
 * Rejects with what is no error of this library.
 */
export async function endTest(
  jit: Pick<JitContext, 'explain'>,
  source: Source,
  test: NewSignIn,
  receive: () => Promise<Assertion>,
): Promise<TestSignIn> {
  const end = (result: TestResult): TestSignIn => new TestSignIn(source, result, test.returnTo)
  try {
    return end({ explanation: await jit.explain(source.id, await receive()) })
  } catch (error) {
    const failure = namedFault(error, source.id)
    if (failure instanceof JitError) return end({ failure })
    throw error
  }
}
