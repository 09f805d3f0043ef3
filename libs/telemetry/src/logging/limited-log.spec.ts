import { createLogger } from './logger.js';
import { LimitedLog } from './limited-log.js';

describe('LimitedLog', () => {
  let nowMs: number;
  let lines: Record<string, unknown>[];
  let log: LimitedLog;

  beforeEach(() => {
    [nowMs, lines] = [0, []];
    const destination = { write: (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>) };
    const logger = createLogger({ name: 'test', level: 'info', destination });
    log = new LimitedLog({ logger, nowMs: () => nowMs, everyMs: 1_000, mostKeys: 3 });
  });

  const said = () => lines.map(({ level, who, leftOut }) => [level, who, leftOut]);

  it('writes the first line of a key at once, then one a while, with how many were left out', () => {
    for (let turn = 0; turn < 25; turn++, nowMs += 100) log.warn('a', { who: 'a' }, 'refused');
    expect(said()).toEqual([
      ['warn', 'a', undefined],
      ['warn', 'a', 9],
      ['warn', 'a', 9],
    ]);
  });

  it('writes the next line of a forgotten key at once, and of no other', () => {
    for (const key of ['a', 'b']) log.warn(key, { who: key }, 'refused');
    log.forget('a', 'none');
    for (const key of ['a', 'b', 'a']) log.warn(key, { who: key }, 'refused');
    expect(lines.map(({ who }) => who)).toEqual(['a', 'b', 'a']);
  });

  it('keeps keys apart', () => {
    log.warn('a', { who: 'a' }, 'refused');
    log.info('b', { who: 'b' }, 'served');
    log.error('c', { who: 'c' }, 'failed');
    log.warn('a', { who: 'a' }, 'refused');
    expect(said()).toEqual([
      ['warn', 'a', undefined],
      ['info', 'b', undefined],
      ['error', 'c', undefined],
    ]);
  });

  it('keys beyond the bound share a line, until others are over', () => {
    for (let index = 0; index < 100; index++) log.warn(`k${index}`, { who: index }, 'refused');
    expect(said().map(([, who]) => who)).toEqual([0, 1, 2, 3]);
    nowMs = 1_000;
    log.warn('k99', { who: 99 }, 'refused');
    expect(said().at(-1)).toEqual(['warn', 99, undefined]);
  });
});
