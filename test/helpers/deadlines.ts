const timeout = AbortSignal.timeout.bind(AbortSignal)

/**
 * Records the deadlines of outgoing requests, in milliseconds, and shortens them by the given factor until mocks are
 * restored.
 */
export function watchDeadlines(speed = 1): jest.SpiedFunction<typeof AbortSignal.timeout> {
  return jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / speed))
}
