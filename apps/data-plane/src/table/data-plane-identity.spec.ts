import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '#libs/telemetry';
import { loadUid } from './data-plane-identity.js';

const silent = createLogger({ name: 'test', level: 'silent' });
let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'identity-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

test('the uid is the same over restarts, and made anew where the file holds none', async () => {
  const uid = await loadUid(join(directory, 'state'), silent);
  expect(await loadUid(join(directory, 'state'), silent)).toBe(uid);
  writeFileSync(join(directory, 'state/uid'), '');
  const other = await loadUid(join(directory, 'state'), silent);
  expect(other).not.toBe(uid);
  expect(await loadUid(join(directory, 'state'), silent)).toBe(other);
});

test('a state directory that can never be written to ends the start', async () => {
  writeFileSync(join(directory, 'state'), 'a file');
  await expect(loadUid(join(directory, 'state'), silent)).rejects.toThrow('EEXIST');
});
