import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MasterKeys } from './master-keys.js';

const line = (): string => randomBytes(32).toString('base64');

test('reads a key a line, the first being the current one', () => {
  const [first, second] = [line(), line()];
  const keys = MasterKeys.parse(`# rotated in May\n${first}\n\n  ${second}\n`);
  expect(keys.current.key.toString('base64')).toBe(first);
  expect(keys.find(MasterKeys.parse(second).current.id)?.key.toString('base64')).toBe(second);
  expect(keys.find('unknown')).toBeUndefined();
  expect(keys.ids).toEqual([keys.current.id, MasterKeys.parse(second).current.id]);
});

test.each([
  ['an empty file', '\n# only a comment\n', 'it holds no key'],
  ['a short key', Buffer.alloc(31, 1).toString('base64'), 'line 1 is not a base64 key of 32 bytes'],
  ['what is not base64', `${line()}\nnot base64 at all`, 'line 2 is not a base64 key of 32 bytes'],
])('%s is refused, with the line and the fix, never the text', (_case, text, message) => {
  expect(() => MasterKeys.parse(text)).toThrow(message);
  expect(() => MasterKeys.parse(text)).toThrow('openssl rand -base64 32');
  expect(() => MasterKeys.parse(text)).not.toThrow('not base64 at all');
});

test('a file that is missing or bad is named', () => {
  const directory = mkdtempSync(join(tmpdir(), 'master-keys-'));
  const path = join(directory, 'master.key');
  expect(() => MasterKeys.load(path)).toThrow(`master key file ${path}: ENOENT`);
  writeFileSync(path, 'bad');
  expect(() => MasterKeys.load(path)).toThrow(`master key file ${path}: line 1`);
  writeFileSync(path, line());
  expect(MasterKeys.load(path).current.key).toHaveLength(32);
  rmSync(directory, { recursive: true });
});

test('needs keys of 32 bytes', () => {
  expect(() => new MasterKeys([])).toThrow('at least one master key');
  expect(() => new MasterKeys([Buffer.alloc(16)])).toThrow('this one has 16');
});
