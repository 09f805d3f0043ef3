import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CliError } from '../../cli-error.js';
import { cannotRun, findPlatformPackage } from './platform-package.js';

test('finds what npm installed for this machine', () => {
  const { id, nativeDirectory } = findPlatformPackage();
  expect(id).toContain(`${process.platform}-${process.arch}`);
  expect(existsSync(join(nativeDirectory, 'bin/initdb'))).toBe(true);
});

test('an unsupported platform names the way out', () => {
  let error: CliError | undefined;
  try {
    findPlatformPackage('aix', 'ppc64');
  } catch (thrown) {
    error = thrown as CliError;
  }
  expect(error?.message).toContain('aix-ppc64');
  expect(error?.hints.join(' ')).toContain('SIGNALBOX_DATABASE_URL');
});

test('a binary that can’t run points at musl and the way out', () => {
  const { hints } = cannotRun('/x/postgres', 'its program loader is missing');
  expect(hints.join(' ')).toMatch(/musl.*SIGNALBOX_DATABASE_URL/);
});
