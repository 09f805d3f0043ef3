import { SpanSelection } from './span-selection.js';
import { endedAttempt, finishedRequest, START_MS } from './testing/finished-request.js';

const retried = [endedAttempt({ outcome: 'ServerError', status: 500 }), endedAttempt({}, { number: 2 })];

it.each([
  ['an ordinary request', finishedRequest({}, [endedAttempt()]), false],
  ['a sampled parent', finishedRequest({}, [], { parentSampled: true }), true],
  ['more than one attempt', finishedRequest({}, retried), true],
  ['a 5xx', finishedRequest({ finish: 'Failed', status: 503, errorCode: 'upstream_unavailable' }), true],
  ['a cut stream', finishedRequest({ finish: 'Failed', errorCode: 'stream_interrupted' }), true],
  ['our own 429', finishedRequest({ finish: 'Failed', status: 429, errorCode: 'keys_exhausted' }), true],
  ['what the upstream refused', finishedRequest({ finish: 'Failed', status: 400, errorClass: 'InvalidRequest' }), true],
  ['a wrong key', finishedRequest({ finish: 'Failed', status: 401, errorCode: 'invalid_api_key' }), false],
  ['a client that left', finishedRequest({ finish: 'Aborted', status: 0 }), false],
  ['a slow first token', finishedRequest({ firstTokenMs: START_MS + 10_001 }), true],
  [
    'a long stream that began at once',
    finishedRequest({ firstTokenMs: START_MS + 5, endedMs: START_MS + 60_000 }),
    false,
  ],
])('at ratio 0: %s', (_name, record, expected) => expect(new SpanSelection(0).selects(record)).toBe(expected));

it('takes everything at ratio 1', () => {
  expect(new SpanSelection(1).selects(finishedRequest())).toBe(true);
});

it('keeps at most a hundred of an outage at once, then ten a second, and all of a sampled parent', () => {
  const selection = new SpanSelection(0);
  const failure = (endedMs: number) =>
    finishedRequest({ finish: 'Failed', status: 502, errorCode: 'upstream_error', endedMs });
  const kept = (count: number, endedMs: number) =>
    Array.from({ length: count }, () => selection.selects(failure(endedMs))).filter(Boolean).length;
  expect(kept(5_000, 2_000)).toBe(100);
  expect(kept(5_000, 3_000)).toBe(10);
  expect(selection.selects(finishedRequest({}, retried, { parentSampled: true }))).toBe(true);
});
