import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const checkout = dirname(dirname(fileURLToPath(import.meta.url)));
const limit = { file: 'limit.mjs', find: 'Math.min(asked, 10)', suite: 'limit.spec' };
const mutants = [
  { name: 'no upper limit', ...limit, replace: 'asked' },
  { name: 'no lower limit', ...limit, find: 'Math.max(0, ', replace: '(' },
  { name: 'no syntax', ...limit, replace: '((' },
  { name: 'a red suite', ...limit, replace: 'asked', suite: 'red.spec' },
  { name: 'a suite that is not there', ...limit, replace: 'asked', suite: 'nowhere' },
  {
    name: 'waits for ever',
    file: 'limit.mjs',
    find: 'Promise.resolve()',
    replace: 'new Promise(() => {})',
    suite: 'wait',
  },
];
const files = {
  '.gitignore': 'node_modules\n',
  'package.json': '{ "type": "module" }',
  'jest.config.mjs': `export default { testMatch: ['**/*.spec.mjs'], transform: {} };`,
  'limit.mjs': `export const limited = (asked) => Math.max(0, Math.min(asked, 10));\nexport const soon = () => Promise.resolve();\n`,
  'limit.spec.mjs': `import { limited } from './limit.mjs';\ntest('at most ten', () => expect(limited(11)).toBe(10));\n`,
  'wait.spec.mjs': `import { soon } from './limit.mjs';\ntest('comes', () => soon());\n`,
  'red.spec.mjs': `test('is red', () => { throw new Error('as it was'); });\n`,
  'scripts/mutants/limits.mjs': `export default ${JSON.stringify(mutants)};`,
};
let tree: string;

/** A checkout in small, with the real program working on it. */
beforeAll(() => {
  tree = mkdtempSync(join(tmpdir(), 'signalbox-mutants-spec-'));
  spawnSync('git', ['init', '--quiet'], { cwd: tree });
  for (const [path, text] of Object.entries(files)) write(path, text);
  symlinkSync(join(checkout, 'node_modules'), join(tree, 'node_modules'));
});

afterAll(() => rmSync(tree, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function mutantsProgram(...args: string[]): { status: number | null; output: string } {
  const program = [join(checkout, 'scripts/mutants.mjs'), '--root', tree, ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, program, { encoding: 'utf8' });
  return { status, output: stdout + stderr };
}

/** Runs the one entry. */
function judge(name: string): { status: number | null; output: string } {
  return mutantsProgram('--only', name, '--jobs', '1');
}

it('shows what a test notices as killed, and by which test', () => {
  expect(judge('no upper limit')).toEqual({
    status: 0,
    output: expect.stringMatching(/^killed .*limits: no upper limit\n +at most ten\n1 of 1 killed\.\n$/),
  });
});

it('shows what no test notices as survived, and fails', () => {
  const { status, output } = judge('no lower limit');
  expect(status).toBe(1);
  expect(output).toMatch(/^survived .*limits: no lower limit\n +limit\.spec stays green\n/);
});

it('takes a test that would wait for ever as killed, without waiting for a minute', () => {
  expect(judge('waits for ever').output).toMatch(/^killed +\d\.\d s/);
});

it.each([
  ['no syntax', /^broken /],
  ['a red suite', /^red .*\n.*without the mutant, too: is red/],
  ['a suite that is not there', /^red .*\n.*without the mutant, too: no test ran/],
])('counts %s as no proof, and fails', (name, line) => {
  const { status, output } = judge(name);
  expect(status).toBe(1);
  expect(output).toMatch(line);
});

it('never touches the working tree', () => {
  expect(readFileSync(join(tree, 'limit.mjs'), 'utf8')).toBe(files['limit.mjs']);
});

describe('--check', () => {
  it('is content with entries that fit', () => {
    expect(mutantsProgram('--check')).toEqual({ status: 0, output: '' });
  });

  it('names each entry that no longer fits, and why', () => {
    const rows = [
      { ...limit, name: 'not there', find: 'nowhere', replace: '' },
      { ...limit, name: 'twice', find: '=>', replace: '' },
      { ...limit, name: 'the same', replace: limit.find },
      { ...limit, name: 'no file', file: 'gone.mjs', replace: '' },
      { ...limit, name: 'no replacement' },
    ];
    write('scripts/mutants/stale.mjs', `export default ${JSON.stringify(rows)};`);
    const { status, output } = mutantsProgram('--check', '--area', 'stale');
    expect(status).toBe(1);
    expect(output.trimEnd().split('\n')).toEqual([
      'stale  stale: not there: limit.mjs contains this 0 times, not once: nowhere',
      'stale  stale: twice: limit.mjs contains this 2 times, not once: =>',
      'stale  stale: the same: find and replace are the same',
      'stale  stale: no file: gone.mjs is gone',
      'stale  stale: no replacement: has no replace',
    ]);
    rmSync(join(tree, 'scripts/mutants/stale.mjs'));
  });
});
