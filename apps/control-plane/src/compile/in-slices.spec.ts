import { inSlices } from './in-slices.js';

describe('inSlices', () => {
  it('lets others have their turn every 10 ms, and loses no step', async () => {
    let nowMs = 0;
    const seen: string[] = [];
    function* steps(): Generator<void, string> {
      for (let step = 0; step < 10; step++) {
        nowMs += 4;
        seen.push('step');
        yield;
      }
      return 'result';
    }
    const othersTurn = (): void => {
      seen.push('other');
      if (seen.length < 20) setImmediate(othersTurn);
    };
    setImmediate(othersTurn);
    expect(await inSlices(steps(), () => nowMs)).toBe('result');
    const slices = seen
      .join(' ')
      .split(/(?: ?other)+ ?/)
      .filter((slice) => slice !== '');
    expect(slices).toEqual(['step step step', 'step step step', 'step step step', 'step']);
  });

  it('throws what a step throws', async () => {
    function* steps(): Generator<void, string> {
      yield;
      throw new Error('no such thing');
    }
    await expect(inSlices(steps())).rejects.toThrow('no such thing');
  });
});
