import type { PassedOver } from '#libs/routing';

/** A route may have thousands of backends; the first of those passed over say what is wrong. */
const MAX_SHOWN = 16;

export function shown(passedOver: readonly PassedOver[]): readonly PassedOver[] {
  return passedOver.length > MAX_SHOWN ? passedOver.slice(0, MAX_SHOWN) : passedOver;
}

/** As fields of a log line. `nowMs`: when it is written, on the clock of the decision. */
export function passedOverFields(passedOver: readonly PassedOver[], nowMs: number): object {
  if (passedOver.length === 0) return {};
  const left = passedOver.length - shown(passedOver).length;
  return {
    passed_over: shown(passedOver).map(({ candidate, reason, untilMs }) => ({
      backend: candidate,
      reason,
      ...(untilMs !== undefined && Number.isFinite(untilMs) && { left_ms: Math.round(untilMs - nowMs) }),
    })),
    ...(left > 0 && { passed_over_more: left }),
  };
}
