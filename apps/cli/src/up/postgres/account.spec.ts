import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { jest } from '@jest/globals';
import { serverAccount } from './account.js';

let directory: string;
let passwd: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'signalbox-account-'));
  passwd = join(directory, 'passwd');
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(directory, { recursive: true });
});

const as = (uid: number) => jest.spyOn(process as { getuid: () => number }, 'getuid').mockReturnValue(uid);
const lines = (...names: string[]) =>
  writeFileSync(passwd, names.map((name, index) => `${name}:x:${index + 100}:${index + 200}::/:/bin/sh\n`).join(''));

test('everyone but root runs Postgres as themselves', () => {
  as(1000);
  expect(serverAccount(join(directory, 'absent'), passwd)).toBeUndefined();
});

test('root lends it `postgres`, else `nobody`', () => {
  as(0);
  lines('nobody', 'postgres');
  expect(serverAccount(join(directory, 'absent'), passwd)).toEqual({ uid: 101, gid: 201 });
  lines('someone', 'nobody');
  expect(serverAccount(join(directory, 'absent'), passwd)).toEqual({ uid: 101, gid: 201 });
});

test('without either it says what to do', () => {
  as(0);
  lines('someone');
  expect(() => serverAccount(join(directory, 'absent'), passwd)).toThrow(/neither an account `postgres` nor `nobody`/);
});

test('an entry for `postgres` that is root itself is not used', () => {
  as(0);
  writeFileSync(passwd, 'postgres:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n');
  expect(serverAccount(join(directory, 'absent'), passwd)).toEqual({ uid: 65534, gid: 65534 });
});
