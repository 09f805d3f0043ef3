import fc from 'fast-check';
import { formatTraceParent, newTraceParent, parseTraceParent, traceFields } from './index.js';

const traceId = '0af7651916cd43dd8448eb211c80319c';
const spanId = 'b7ad6b7169203331';

it.each([
  ['sampled', `00-${traceId}-${spanId}-01`, { traceId, spanId, sampled: true }],
  ['not sampled', `00-${traceId}-${spanId}-00`, { traceId, spanId, sampled: false }],
  ['other flags', `00-${traceId}-${spanId}-02`, { traceId, spanId, sampled: false }],
  ['a later version', `cc-${traceId}-${spanId}-01`, { traceId, spanId, sampled: true }],
  ['a later version with more fields', `cc-${traceId}-${spanId}-01-what-follows`, { traceId, spanId, sampled: true }],
])('reads %s', (_name, value, expected) => expect(parseTraceParent(value)).toEqual(expected));

it.each([
  ['nothing', undefined],
  ['an empty value', ''],
  ['version ff', `ff-${traceId}-${spanId}-01`],
  ['more fields in version 00', `00-${traceId}-${spanId}-01-more`],
  ['text after the flags of a later version', `cc-${traceId}-${spanId}-01.more`],
  ['upper case', `00-${traceId.toUpperCase()}-${spanId}-01`],
  ['a zero trace id', `00-${'0'.repeat(32)}-${spanId}-01`],
  ['a zero span id', `00-${traceId}-${'0'.repeat(16)}-01`],
  ['a short trace id', `00-${traceId.slice(1)}-${spanId}-01`],
  ['blanks around it', ` 00-${traceId}-${spanId}-01`],
  ['two values', `00-${traceId}-${spanId}-01,00-${traceId}-${spanId}-01`],
])('refuses %s', (_name, value) => expect(parseTraceParent(value)).toBeUndefined());

it('reads what it writes', () => {
  const hex = (length: number) =>
    fc
      .uint8Array({ minLength: length / 2, maxLength: length / 2 })
      .map((bytes) => Buffer.from(bytes).toString('hex'))
      .filter((digits) => /[^0]/.test(digits));
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, sampled) => {
      const parent = { traceId, spanId, sampled };
      expect(parseTraceParent(formatTraceParent(parent))).toEqual(parent);
    }),
  );
});

it('never throws, whatever a client sends', () => {
  fc.assert(fc.property(fc.string({ maxLength: 80 }), (value) => void parseTraceParent(value)));
});

it('makes a trace of its own, and log fields of any', () => {
  const own = newTraceParent(true);
  expect(parseTraceParent(formatTraceParent(own))).toEqual(own);
  expect(traceFields(formatTraceParent(own))).toEqual({ trace_id: own.traceId, span_id: own.spanId });
  expect(traceFields('nonsense')).toEqual({});
});
