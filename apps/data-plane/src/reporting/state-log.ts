import type { Clock } from '#libs/clock';
import { LimitedLog, type Logger } from '#libs/telemetry';
import type { BreakerEvent, KeyEvent, StateListener } from '../state/events.js';

export interface StateLogOptions {
  readonly logger: Logger;
  /** The clock of the events. */
  readonly clock: Pick<Clock, 'nowMs'>;
}

/**
 * What becomes of breakers and keys as lines of the log, so that an operator reads why a backend or a key is out, since
 * when, and what brings it back. A line of one kind about one breaker or key at most once a minute.
 */
export function stateLog({ logger, clock }: StateLogOptions): StateListener {
  const log = new LimitedLog({ logger, nowMs: () => clock.nowMs() });
  const lines = new StateLines(log, clock);
  return (event) => {
    if (event.type === 'KeyRests' || event.type === 'KeyBack') lines.key(event);
    else lines.breaker(event);
  };
}

class StateLines {
  constructor(
    private readonly log: LimitedLog,
    private readonly clock: Pick<Clock, 'nowMs'>,
  ) {}

  breaker(event: BreakerEvent): void {
    const { breaker, type } = event;
    const key = `${type} ${breaker}`;
    switch (event.type) {
      case 'BreakerOpened': {
        const { cause, openings, untilMs } = event;
        const fields = { breaker, class: cause.errorClass, code: cause.code, openings, open_ms: this.left(untilMs) };
        return this.log.warn(key, fields, 'breaker opened');
      }
      case 'BreakerProbes':
        return this.log.info(key, { breaker }, 'breaker lets probes through');
      case 'BreakerClosed':
        if (event.by === 'Operator') this.log.forget(key, `BreakerOpened ${breaker}`);
        return this.log.info(key, { breaker, by: event.by }, 'breaker closed');
    }
  }

  key(event: KeyEvent): void {
    const { cause } = event;
    // Rate limits are daily business, and there may be one a second for each key: they are in the metrics.
    if (cause === 'RateLimited') return;
    const { name, ...which } = event.key;
    const subject = `${cause} ${which.credential} ${which.model ?? ''}`;
    const key = `${event.type} ${subject}`;
    if (event.type === 'KeyBack') {
      if (event.by === 'Operator' || event.by === 'Rotation') this.log.forget(key, `KeyRests ${subject}`);
      this.log.info(key, { ...which, key: name, by: event.by, cause }, backTexts[event.by]);
      return;
    }
    const rest = event.untilMs === Infinity ? {} : { rest_ms: this.left(event.untilMs) };
    this.log.warn(key, { ...which, key: name, code: event.code, ...rest }, restTexts[cause]);
  }

  private left(untilMs: number): number {
    return Math.round(untilMs - this.clock.nowMs());
  }
}

const restTexts = {
  Auth: 'key refused by its provider; without rest_ms it is out until it is rotated or reset',
  QuotaExhausted: 'key exhausted: its quota is used up; after its rest one request at a time tries it',
  Unresolved: 'key has no value here, so it is not used',
} as const;

const backTexts = {
  Time: 'key back: its rest is over',
  Success: 'key back: a request with it succeeded',
  Rotation: 'key back: it has a new value',
  Operator: 'key back: reset by an operator',
} as const;
