import { randomBytes } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FakeClock } from '#libs/testing';
import { MasterKeyFile } from './master-key-file.js';
import { MasterKeys } from './master-keys.js';

const line = (): string => randomBytes(32).toString('base64');
const idOf = (text: string): string => MasterKeys.parse(text).current.id;

let directory: string;
let path: string;
let clock: FakeClock;
let logged: string[];
const write = (...lines: string[]): void => writeFileSync(path, `${lines.join('\n')}\n`);
const opened = (): MasterKeyFile => {
  const log = (_fields: object, message?: string) => void logged.push(message ?? '');
  return new MasterKeyFile(path, { nowMs: clock.nowMs, logger: { info: log, error: log } as never });
};

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'master-key-file-'));
  path = join(directory, 'master.key');
  clock = new FakeClock();
  logged = [];
});
afterEach(() => rmSync(directory, { recursive: true }));

test('a line that was added is found without a restart, after a second at most', () => {
  const [old, fresh] = [line(), line()];
  write(old);
  const keys = opened();
  let changes = 0;
  keys.onChange(() => changes++);
  write(fresh, old);
  clock.advance(999);
  expect(keys.find(idOf(fresh))).toBeUndefined();
  clock.advance(1);
  expect(keys.find(idOf(fresh))?.key.toString('base64')).toBe(fresh);
  expect(keys.firstId).toBe(idOf(fresh));
  expect(keys.ids).toEqual([idOf(fresh), idOf(old)]);
  expect(changes).toBe(1);
});

test('a file that is broken or gone leaves the last good keys in place, and says so once', () => {
  const old = line();
  write(old);
  const keys = opened();
  write('not a key');
  clock.advance(1_000);
  keys.refresh();
  clock.advance(1_000);
  keys.refresh();
  expect(keys.current.id).toBe(idOf(old));
  expect(logged).toEqual(['master keys not read again: the last good ones stay in use']);
  rmSync(path);
  clock.advance(1_000);
  keys.refresh();
  expect(keys.current.id).toBe(idOf(old));
});

test('encrypts under the first line of the start until another key is chosen, whatever becomes of the file', () => {
  const [old, fresh] = [line(), line()];
  write(old);
  const keys = opened();
  write(fresh, old);
  clock.advance(1_000);
  keys.refresh();
  expect([keys.current.id, keys.firstId]).toEqual([idOf(old), idOf(fresh)]);
  keys.encryptUnder(idOf(fresh));
  expect(keys.current.id).toBe(idOf(fresh));
  write(old);
  clock.advance(1_000);
  keys.refresh();
  expect([keys.current.id, keys.firstId]).toEqual([idOf(fresh), idOf(old)]);
  keys.encryptUnder('not in the file');
  expect(keys.current.id).toBe(idOf(fresh));
});

test('a change is settled once all that began before it has ended, however it ended', async () => {
  const [old, fresh] = [line(), line()];
  write(old, fresh);
  const keys = opened();
  const end = new EventEmitter();
  const work = async (name: string): Promise<string> => {
    const [failed] = (await once(end, name)) as [boolean];
    if (failed) throw new Error('refused');
    return name;
  };
  const begun = ['first', 'second'].map((name) => keys.whileEncrypting(() => work(name)));
  expect([keys.isSettled, keys.isIdle]).toEqual([true, false]);
  keys.encryptUnder(idOf(fresh));
  expect(keys.isSettled).toBe(false);
  // Back again: what began before may have met either.
  keys.encryptUnder(idOf(old));
  expect(keys.isSettled).toBe(false);
  end.emit('first', false);
  expect(await begun[0]).toBe('first');
  expect(keys.isSettled).toBe(false);
  end.emit('second', true);
  await expect(begun[1]).rejects.toThrow('refused');
  const after = keys.whileEncrypting(() => work('later'));
  expect([keys.isSettled, keys.isIdle]).toEqual([true, false]);
  end.emit('later', false);
  await after;
  expect(keys.isIdle).toBe(true);
});
