const timeout = AbortSignal.timeout.bind(AbortSignal)

/**
 * Watches the deadlines that outgoing requests ask for, in milliseconds, and lets them pass so many times as fast,
 * until mocks are restored.
 */
export function watchDeadlines(speed = 1): jest.SpiedFunction<typeof AbortSignal.timeout> {
  return jest.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => timeout(ms / speed))
}
