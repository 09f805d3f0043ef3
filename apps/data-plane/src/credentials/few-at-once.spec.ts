import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FewAtOnce } from './few-at-once.js';
import { FileValues } from './local-values.js';

/** What is under way, each with how to end it. */
let underWay: Map<string, (error?: Error) => void>;
const act = (name: string) => () =>
  new Promise<string>((resolve, reject) => {
    underWay.set(name, (error) => {
      underWay.delete(name);
      if (error) reject(error);
      else resolve(name);
    });
  });
const names = () => [...underWay.keys()];
const settled = () => new Promise((resolve) => setImmediate(resolve));

beforeEach(() => {
  underWay = new Map();
});

it('lets as many be under way as it says, in their order, whether they end well or not', async () => {
  const few = new FewAtOnce(2);
  const results = Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => few.run(act(name))));
  expect(names()).toEqual(['a', 'b']);
  underWay.get('b')?.(new Error('gone'));
  await settled();
  expect(names()).toEqual(['a', 'c']);
  for (const name of ['c', 'a', 'd']) {
    underWay.get(name)?.();
    await settled();
  }
  expect((await results).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  void few.run(act('e'));
  void few.run(act('f'));
  void few.run(act('g'));
  expect(names()).toEqual(['e', 'f']);
});

it('files are read by it, so that those of a disk that is away occupy no more than two threads', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'credentials-'));
  try {
    writeFileSync(join(directory, 'key'), 'value');
    const few = new FewAtOnce(1);
    const hanging = few.run(act('dead disk'));
    let found: unknown;
    const reading = new FileValues(directory, few).read('key').then((value) => (found = value));
    // As long as it takes to read it a few times.
    for (let time = 0; time < 3; time += 1) await new FileValues(directory).read('key');
    expect(found).toBeUndefined();
    underWay.get('dead disk')?.();
    await Promise.all([hanging, reading]);
    expect(found).toEqual({ value: 'value' });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
