import { responseFaults } from '../../src/upstream/http1/response-faults.js';
import { differential } from './differential.js';

/** `npm run fuzz:http` has a million; so many are made in every run of the tests. */
const answers = Number(process.env['FUZZ_ANSWERS'] ?? 4_000);
const seed = Number(process.env['FUZZ_SEED'] ?? 1);
/** So many meet every rule there is. */
const MANY = 1_000_000;

it(`${answers} answers from seed ${seed} on are read as Node's own parser reads them`, () => {
  const tally = differential(seed, answers);
  if (answers >= 100_000) process.stderr.write(`${JSON.stringify(tally, null, 2)}\n`);
  expect(tally.differences).toEqual([]);
  // Neither all of them fine nor all of them nonsense.
  for (const kind of ['valid whole, kept', 'valid whole, closed', 'mutated refused by both', 'mutated cut off']) {
    expect(tally.kinds[kind] ?? 0).toBeGreaterThan(answers / 50);
  }
  // What is said to be stricter than Node is so.
  if (answers < MANY) return;
  const stricter = Object.entries(responseFaults).filter(([, fault]) => 'stricter' in fault);
  expect(Object.keys(tally.stricter)).toEqual(expect.arrayContaining(stricter.map(([fault]) => fault)));
}, 1_800_000);
