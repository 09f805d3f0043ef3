import fc from 'fast-check';
import { goDurationMs, httpDateMs, maxDelayMs, retryAfterMs } from './parse-delay.js';

const nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);
const after = (value: string) => retryAfterMs({ 'retry-after': value }, nowMs);

describe('retry-after', () => {
  it.each<[string, number | undefined]>([
    ['0', 0],
    ['1', 1000],
    [' 20 ', 20_000],
    ['1.5', 1500],
    ['0.0001', 1],
    ['120', 120_000],
    ['2147483648', maxDelayMs],
    ['999999999999999', maxDelayMs],
    ['Fri, 02 Jan 2026 03:04:15 GMT', 10_000],
    ['Fri, 02 Jan 2026 03:04:00 GMT', 0],
    ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
    ['Fri, 01 Jan 2100 00:00:00 GMT', maxDelayMs],
    ['6m0s', 360_000],
    ['12ms', 12],
    ['1h2m3.5s', 3_723_500],
    ['-1', undefined],
    ['0x10', undefined],
    ['1e3', undefined],
    ['10 seconds', undefined],
    ['', undefined],
    ['NaN', undefined],
    ['Infinity', undefined],
    ['2026-01-02', undefined],
    ['2026-01-02T03:04:15Z', undefined],
    ['Fri, 99 Jan 2026 03:04:15 GMT', undefined],
    ['Fri, 02 Jan 2026 03:04:15', undefined],
    ['1s, 2s', undefined],
  ])('%j: %p', (value, expected) => {
    expect(after(value)).toBe(expected);
  });

  it('yields to retry-after-ms', () => {
    const both = (ms: string) => retryAfterMs({ 'retry-after-ms': ms, 'retry-after': '9' }, nowMs);
    expect(both('1500')).toBe(1500);
    expect(both('0.2')).toBe(1);
    expect(both('2147483648')).toBe(maxDelayMs);
    expect(both('soon')).toBe(9000);
    expect(both('-5')).toBe(9000);
    expect(retryAfterMs({}, nowMs)).toBeUndefined();
  });

  it('is never early, never negative, never over the limit, and safe for a timer', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (seconds) => {
        const text = seconds.toFixed(3);
        const ms = after(text)!;
        expect(ms).toBeGreaterThanOrEqual(Math.min(maxDelayMs, Number(text) * 1000));
        expect(ms).toBeLessThanOrEqual(maxDelayMs);
        expect(ms).toBeLessThan(2 ** 31);
      }),
    );
    fc.assert(
      fc.property(fc.string(), (text) => {
        const ms = after(text);
        expect(ms === undefined || (Number.isInteger(ms) && ms >= 0 && ms <= maxDelayMs)).toBe(true);
      }),
    );
  });
});

describe('a Go duration', () => {
  it.each<[string, number | undefined]>([
    ['1s', 1000],
    ['1.1s', 1100],
    ['7.66s', 7660],
    ['100us', 1],
    ['100µs', 1],
    ['1ns', 1],
    ['0s', 0],
    ['59m59.999s', 3_599_999],
    ['100h', maxDelayMs],
    ['1d', undefined],
    ['s', undefined],
    ['1', undefined],
    ['-1s', undefined],
    ['1s ', undefined],
    ['1.s', undefined],
  ])('%s: %p', (value, expected) => {
    expect(goDurationMs(value)).toBe(expected);
  });
});

describe('an HTTP date', () => {
  it('is read in its current form only', () => {
    expect(httpDateMs('Sun, 06 Nov 1994 08:49:37 GMT')).toBe(784_111_777_000);
    expect(httpDateMs('Sunday, 06-Nov-94 08:49:37 GMT')).toBeUndefined();
    expect(httpDateMs('120')).toBeUndefined();
  });
});
