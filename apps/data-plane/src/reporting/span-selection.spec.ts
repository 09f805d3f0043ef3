import type { RequestRecord } from '../record/request-record.js';
import { SpanSelection } from './span-selection.js';
import { endedAttempt, finishedRequest, START_MS } from './testing/finished-request.js';

const retried = [endedAttempt({ outcome: 'ServerError', status: 500 }), endedAttempt({}, { number: 2 })];

it.each([
  ['an ordinary request', finishedRequest({}, [endedAttempt()]), false],
  ['a sampled parent', finishedRequest({}, [], { parentSampled: true }), true],
  [
    'a sampled parent without a known key',
    finishedRequest({ consumer: '', finish: 'Failed', status: 401, errorCode: 'invalid_api_key' }, [], {
      parentSampled: true,
    }),
    false,
  ],
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

const failure = (endedMs: number) =>
  finishedRequest({ finish: 'Failed', status: 502, errorCode: 'upstream_error', endedMs });
const marked = (endedMs: number) => finishedRequest({ endedMs }, [], { parentSampled: true });
const unknownCaller = (endedMs: number) => finishedRequest({ consumer: '', endedMs }, [], { parentSampled: true });

it('keeps at most a hundred of an outage at once, then ten a second', () => {
  const kept = keeper(new SpanSelection(0));
  expect(kept(5_000, failure(2_000))).toBe(100);
  expect(kept(5_000, failure(3_000))).toBe(10);
  expect(kept(1, finishedRequest({ endedMs: 3_000 }, retried, { parentSampled: true }))).toBe(1);
});

it('keeps at most a thousand of what callers mark at once, then a hundred a second', () => {
  const kept = keeper(new SpanSelection(0));
  expect(kept(5_000, unknownCaller(2_000))).toBe(0);
  expect(kept(5_000, marked(2_000))).toBe(1_000);
  expect(kept(5_000, marked(3_000))).toBe(100);
  // What callers mark takes nothing from what went wrong, nor from the ratio.
  expect(kept(5_000, failure(3_000))).toBe(100);
  expect(kept(5_000, finishedRequest({ endedMs: 3_000 }, retried, { parentSampled: true }))).toBe(0);
});

it('caps nothing that the ratio selects', () => {
  expect(keeper(new SpanSelection(1))(5_000, marked(2_000))).toBe(5_000);
});

/** How many of `count` equal requests are selected. */
function keeper(selection: SpanSelection): (count: number, record: RequestRecord) => number {
  return (count, record) => Array.from({ length: count }, () => selection.selects(record)).filter(Boolean).length;
}
