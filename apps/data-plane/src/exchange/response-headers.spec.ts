import { AttemptRecord, RequestRecord } from '../record/request-record.js';
import { responseHeaders } from './response-headers.js';

function recordWith(...attempts: Partial<AttemptRecord>[]): RequestRecord {
  const record = new RequestRecord({
    requestId: 'req_1',
    traceId: '0'.repeat(32),
    spanId: '0'.repeat(16),
    parentSpanId: '',
    parentSampled: false,
    startedMs: 0,
    epochOffsetMs: 0,
    method: 'POST',
    path: '/v1/chat/completions',
  });
  record.exposeRouting = true;
  record.route = 'default/chat';
  for (const [index, attempt] of attempts.entries()) {
    const start = { number: index + 1, step: 'First' as const, backend: `b${index}`, provider: 'p', vendor: 'v' };
    const rest = {
      upstreamModel: 'm',
      serverAddress: 's',
      serverPort: 1,
      pool: 'p',
      key: `k${index}`,
      spanId: '',
      startedMs: 0,
    };
    record.attempts.push(Object.assign(new AttemptRecord({ ...start, ...rest }), attempt));
  }
  return record;
}

function headersOf(record: RequestRecord): Record<string, string> {
  const flat = responseHeaders(record, 7, 'application/json');
  const pairs: [string, string][] = [];
  for (let index = 0; index < flat.length; index += 2) pairs.push([flat[index]!, flat[index + 1]!]);
  return Object.fromEntries(pairs);
}

const passedOver = [
  { candidate: 'default/a/m', reason: 'BreakerOpen' as const, untilMs: 9 },
  { candidate: 'default/b/m', reason: 'KeysRefused' as const },
];

describe('response headers', () => {
  it('name the attempt whose answer it is, which of several need not be the last', () => {
    const record = recordWith({ progress: 'Committed', outcome: 'Success' }, { outcome: 'Cancelled' });
    expect(headersOf(record)).toMatchObject({ 'x-signalbox-backend': 'b0', 'x-signalbox-key': 'k0' });
  });

  it('name who was passed over before it', () => {
    const headers = headersOf(recordWith({ passedOver }));
    expect(headers['x-signalbox-passed-over']).toBe(
      '"default/a/m";reason=BreakerOpen, "default/b/m";reason=KeysRefused',
    );
  });

  it('of an error: who was passed over when it was given up', () => {
    const record = recordWith({ passedOver: [] });
    record.errorCode = 'upstream_unavailable';
    record.passedOver = passedOver;
    expect(headersOf(record)['x-signalbox-passed-over']).toContain('default/b/m');
  });

  it('name no more than eight of them', () => {
    const many = Array.from({ length: 100 }, (_, index) => ({ candidate: `c${index}`, reason: 'Tried' as const }));
    expect(headersOf(recordWith({ passedOver: many }))['x-signalbox-passed-over']?.split(', ')).toHaveLength(8);
  });

  it('say what a translation lost, to everyone', () => {
    const record = recordWith({ dropped: ['logit_bias', 'metadata'] });
    record.exposeRouting = false;
    expect(headersOf(record)['x-signalbox-warnings']).toBe('not passed on: logit_bias, metadata');
  });

  it('show nothing of the inside to a consumer that may not see it', () => {
    const record = recordWith({ passedOver, rateLimitHeaders: ['x-ratelimit-limit-requests', '5'] });
    record.exposeRouting = false;
    const names = Object.keys(headersOf(record));
    expect(names.filter((name) => /backend|key|route|passed|ratelimit/.test(name))).toEqual([]);
  });
});
