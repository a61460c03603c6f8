type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** Compiles only if a value has exactly the expected type, neither wider nor narrower, and not `any`. */
export function exactly<Expected>() {
  return <Actual>(_value: Actual, _same: Same<Expected, Actual>): void => undefined
}
