import { newTraceId, ratioSelects } from '../index.js';

it('selects the ratio’s share, by the id alone', () => {
  expect(ratioSelects('f'.repeat(32), 1)).toBe(true);
  expect(ratioSelects('0'.repeat(32), 0)).toBe(false);
  expect(ratioSelects(`${'f'.repeat(24)}0ccccccc`, 0.05)).toBe(true);
  expect(ratioSelects(`${'0'.repeat(24)}0ccccccd`, 0.05)).toBe(false);
  const ids = Array.from({ length: 20_000 }, newTraceId);
  const share = ids.filter((id) => ratioSelects(id, 0.25)).length / ids.length;
  // Sixteen standard deviations: fails for a wrong rule, not for bad luck.
  expect(Math.abs(share - 0.25)).toBeLessThan(0.05);
});
