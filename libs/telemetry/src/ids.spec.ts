import { newSpanId, newTraceId, randomHex } from './index.js';

it('makes ids of the right length, and no two alike over several refills', () => {
  const ids = Array.from({ length: 2_000 }, newTraceId);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(newSpanId()).toMatch(/^[0-9a-f]{16}$/);
});

it('gives as many bytes as were asked for, up to the whole pool', () => {
  for (const bytes of [1, 24, 36, 6 * 1024]) expect(randomHex(bytes)).toHaveLength(2 * bytes);
});
