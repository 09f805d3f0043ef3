import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expectGolden } from './index.js';

it('accepts the same text, shows the first difference, and takes a new text only on request', () => {
  const directory = mkdtempSync(join(tmpdir(), 'golden-'));
  const path = join(directory, 'sub', 'case.txt');
  const before = process.env['UPDATE_GOLDEN'];
  try {
    delete process.env['UPDATE_GOLDEN'];
    expect(() => expectGolden(path, 'x')).toThrow('is missing');
    process.env['UPDATE_GOLDEN'] = '1';
    expectGolden(path, 'one\ntwo\nthree\n');
    delete process.env['UPDATE_GOLDEN'];
    expectGolden(path, 'one\ntwo\nthree\n');
    expect(() => expectGolden(path, 'one\n2\nthree\n')).toThrow('line 2\n  one\n- two\n+ 2\n');
    writeFileSync(path, 'one');
    expect(() => expectGolden(path, 'one\nmore')).toThrow('- (end of file)\n+ more');
    expect(() => expectGolden(path, '')).toThrow('- one\n+ \n');
  } finally {
    if (before === undefined) delete process.env['UPDATE_GOLDEN'];
    else process.env['UPDATE_GOLDEN'] = before;
    rmSync(directory, { recursive: true });
  }
});
