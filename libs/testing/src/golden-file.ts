import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Compares text with a file that people have read and committed. `UPDATE_GOLDEN=1` writes the files anew, to be read in the
 * diff; a missing file fails, so that a forgotten one can't make a test that compares nothing.
 */
export function expectGolden(path: string, actual: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
    return;
  }
  if (!existsSync(path)) {
    throw new Error(`${path} is missing; run the test once with UPDATE_GOLDEN=1 and read what it wrote`);
  }
  const expected = readFileSync(path, 'utf8');
  if (actual !== expected) throw new Error(`${path} differs:\n${firstDifference(expected, actual)}`);
}

const CONTEXT_LINES = 2;

/** The first differing line with its surroundings: enough to see what changed, short enough to read. */
function firstDifference(expected: string, actual: string): string {
  const wanted = expected.split('\n');
  const got = actual.split('\n');
  const line = got.findIndex((text, i) => text !== wanted[i]);
  const at = line === -1 ? got.length : line;
  return [
    `line ${at + 1}`,
    ...wanted.slice(Math.max(0, at - CONTEXT_LINES), at).map((text) => `  ${text}`),
    `- ${wanted[at] ?? '(end of file)'}`,
    `+ ${got[at] ?? '(end of text)'}`,
    `(UPDATE_GOLDEN=1 accepts the new text)`,
  ].join('\n');
}
