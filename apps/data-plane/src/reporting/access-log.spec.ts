import type { PassedOver } from '#libs/routing';
import { createLogger, type LogLevel } from '#libs/telemetry';
import { AccessLog } from './access-log.js';
import { endedAttempt, finishedRequest } from './testing/finished-request.js';

function accessLog(level: LogLevel): { log: AccessLog; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
  return { log: new AccessLog(createLogger({ name: 'test', level, destination })), lines };
}
const failure = (endedMs: number) =>
  finishedRequest({ finish: 'Failed', status: 502, errorCode: 'upstream_error', endedMs }, [
    endedAttempt({ outcome: 'ServerError', status: 500, message: 'said Bearer abcdefghijkl' }),
  ]);

it('tells of failures at info, with trace id and attempts, and of nothing else', () => {
  const { log, lines } = accessLog('info');
  const record = failure(2_000);
  log.finished(finishedRequest());
  log.finished(finishedRequest({ finish: 'Failed', status: 401, errorCode: 'invalid_api_key' }));
  log.finished(record);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    trace_id: record.traceId,
    span_id: record.spanId,
    request_id: 'request-1',
    code: 'upstream_error',
    consumer: 'default/demo',
    attempts: [
      { backend: 'default/alpha/sim-small', key: 'primary', outcome: 'ServerError', message: 'said Bearer [redacted]' },
    ],
  });
});

it('names no consumer of a request whose consumer never was known', () => {
  const { log, lines } = accessLog('debug');
  log.finished(finishedRequest({ namespace: '', consumer: '' }));
  expect(lines[0]).toMatchObject({ consumer: '' });
});

it('tells of every request at debug', () => {
  const { log, lines } = accessLog('debug');
  log.finished(finishedRequest());
  expect(lines[0]).toMatchObject({ level: 'debug', code: 'ok', duration_ms: 250 });
});

it('caps the failures and tells how many it left out', () => {
  const { log, lines } = accessLog('info');
  for (let i = 0; i < 1_000; i++) log.finished(failure(2_000));
  expect(lines).toHaveLength(100);
  log.finished(failure(3_000));
  expect(lines.at(-1)).toMatchObject({ suppressed: 900 });
});

const retried = (endedMs: number) =>
  finishedRequest({ endedMs }, [
    endedAttempt({ outcome: 'RateLimited', status: 429, code: 'rate_limit_exceeded' }),
    endedAttempt({}, { number: 2, step: 'NextKey', key: 'spare' }),
  ]);

it('tells of a success that took more than one attempt, with what each came to', () => {
  const { log, lines } = accessLog('info');
  log.finished(retried(2_000));
  log.finished(finishedRequest({ finish: 'Aborted', status: 0 }, retried(2_000).attempts));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatchObject({
    level: 'info',
    msg: 'request succeeded after more than one attempt',
    code: 'ok',
    attempts: [
      { key: 'primary', outcome: 'RateLimited', status: 429, code: 'rate_limit_exceeded' },
      { key: 'spare', outcome: 'Success', status: 200 },
    ],
  });
});

it('caps retried successes apart from failures', () => {
  const { log, lines } = accessLog('info');
  for (let i = 0; i < 500; i++) log.finished(retried(2_000));
  for (let i = 0; i < 500; i++) log.finished(failure(2_000));
  expect(lines.map(({ code }) => code).filter((code) => code === 'ok')).toHaveLength(100);
  expect(lines).toHaveLength(200);
});

it('tells why there was no attempt, and what was passed over for one', () => {
  const { log, lines } = accessLog('info');
  const passedOver: PassedOver[] = [
    { candidate: 'default/alpha/large', reason: 'BreakerOpen', untilMs: 3_000.4 },
    { candidate: 'default/beta/large', reason: 'KeysRefused' },
    { candidate: 'default/gamma/large', reason: 'NoCredential', untilMs: Infinity },
  ];
  const refused = { finish: 'Failed', status: 503, errorCode: 'upstream_unavailable', endedMs: 2_000 } as const;
  log.finished(finishedRequest({ ...refused, passedOver }));
  log.finished(finishedRequest(refused, [endedAttempt({ outcome: 'Network', passedOver: passedOver.slice(1, 2) })]));
  log.finished(finishedRequest({ ...refused, passedOver: Array.from({ length: 20 }, () => passedOver[0]!) }));
  expect(lines[0]).toMatchObject({
    attempts: [],
    passed_over: [
      { backend: 'default/alpha/large', reason: 'BreakerOpen', left_ms: 1_000 },
      { backend: 'default/beta/large', reason: 'KeysRefused' },
      { backend: 'default/gamma/large', reason: 'NoCredential' },
    ],
  });
  expect(JSON.stringify(lines[0])).not.toContain('null');
  expect(lines[1]).not.toHaveProperty('passed_over');
  expect(lines[1]).toMatchObject({
    attempts: [{ outcome: 'Network', passed_over: [{ backend: 'default/beta/large', reason: 'KeysRefused' }] }],
  });
  expect(lines[2]!['passed_over']).toHaveLength(16);
  expect(lines[2]).toMatchObject({ passed_over_more: 4 });
});
