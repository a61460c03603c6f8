import { JitError } from '../errors'
import type { Explanation } from '../login/explanation'
import { namedFault } from '../mongo/faults'
import type { PendingSignIn } from '../sessions/pending-sign-ins'
import type { Source } from '../sources/config'
import type { SignInHost } from './host'
import type { Received } from './protocol'

/**
 * How a test sign-in ends. It reaches Passport as `fail`, so that no route signs anybody in. It holds the values that
 * the provider sent, for the browser of the admin who started the test.
 */
export class TestSignIn {
  /** For apps that show Passport's failures. */
  readonly message = 'This was a test sign-in: nobody was signed in, and nothing was changed.'

  constructor(
    readonly source: Pick<Source, 'id' | 'label' | 'enabled' | 'protocol'>,
    readonly result: TestResult,
    /** A path of this origin. */
    readonly returnTo: string | undefined,
  ) {}
}

/** What a real sign-in would do, or why the provider's answer can't be used. */
export type TestResult = { explanation: Explanation } | { failure: JitError }

/** Ends a test with the answer's explanation, or with the JitError that refused the answer. No listener is told. */
export async function endTest(
  { explain }: Pick<SignInHost, 'explain'>,
  { source, test }: { source: Source; test: PendingSignIn },
  receive: () => Promise<Received>,
): Promise<TestSignIn> {
  const end = (result: TestResult): TestSignIn => new TestSignIn(source, result, test.returnTo)
  try {
    const { assertion } = await receive()
    return end({ explanation: await explain(source.id, assertion) })
  } catch (error) {
    const failure = namedFault(error, source.id)
    if (failure instanceof JitError) return end({ failure })
    throw error
  }
}
