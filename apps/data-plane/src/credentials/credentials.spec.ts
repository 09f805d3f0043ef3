import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CredentialEntry } from '#libs/routing-table';
import { checkValue } from './acceptable-value.js';
import { Credentials } from './credentials.js';
import { LocalCredentials } from './local-credentials.js';
import { EnvironmentValues, FileValues } from './local-values.js';

describe('checkValue', () => {
  it.each(['sk-123', 'with blank', 'caf\u00e9', '\ttab'])('takes %j', (value) => {
    expect(checkValue(value)).toEqual({ value });
  });

  it.each(['', 'canary\r\nx-evil: 1', 'canary\n', 'can\0ary', 'canary\u2028', 'canary\u0007', 'c'.repeat(70_000)])(
    'refuses %# and shows nothing of it',
    (value) => {
      const checked = checkValue(value);
      expect(checked).not.toHaveProperty('value');
      expect(JSON.stringify(checked)).not.toContain('canary');
    },
  );
});

describe('EnvironmentValues', () => {
  const values = new EnvironmentValues(['*_API_KEY', 'EXACT'], { A_API_KEY: 'a', EXACT: 'b', PATH: 'p' });

  it('reads what its patterns admit, and nothing else', () => {
    expect(['A_API_KEY', 'EXACT'].map((name) => values.read(name))).toEqual([{ value: 'a' }, { value: 'b' }]);
    expect(values.read('PATH')).toEqual({ reason: expect.stringContaining('not allowed by SIGNALBOX_CREDENTIAL_ENV') });
    expect(values.read('B_API_KEY')).toEqual({ reason: 'the variable B_API_KEY is not set' });
  });

  it('reads none without patterns, nor what every object inherits', () => {
    expect(new EnvironmentValues([], { A: 'a' }).read('A')).toHaveProperty('reason');
    expect(new EnvironmentValues(['*'], {}).read('constructor')).toHaveProperty('reason');
  });
});

describe('FileValues', () => {
  let root: string;
  let values: FileValues;

  beforeEach(() => {
    root = realpathSync(mkdtempSync(join(tmpdir(), 'credentials-')));
    mkdirSync(join(root, 'allowed/nested'), { recursive: true });
    writeFileSync(join(root, 'allowed/key'), 'value\n');
    writeFileSync(join(root, 'allowed/nested/key'), 'nested\r\n');
    writeFileSync(join(root, 'outside'), 'canary');
    values = new FileValues(join(root, 'allowed'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('strips one trailing line break', async () => {
    expect(await values.read('key')).toEqual({ value: 'value' });
    expect(await values.read('nested/key')).toEqual({ value: 'nested' });
    expect(await values.read(join(root, 'allowed/key'))).toEqual({ value: 'value' });
  });

  it('never leaves its directory', async () => {
    symlinkSync(join(root, 'outside'), join(root, 'allowed/link'));
    symlinkSync(root, join(root, 'allowed/up'));
    mkdirSync(join(root, 'allowed-too'));
    writeFileSync(join(root, 'allowed-too/key'), 'canary');
    for (const path of ['../outside', 'link', 'up/outside', join(root, 'outside'), '../allowed-too/key', '.']) {
      const checked = await values.read(path);
      expect(checked).toHaveProperty('reason');
      expect(JSON.stringify(checked)).not.toContain('canary');
    }
  });

  it('tells why a file is of no use', async () => {
    writeFileSync(join(root, 'allowed/two'), 'a\nb\n');
    expect(await values.read('absent')).toEqual({ reason: "the file can't be read: ENOENT" });
    expect(await values.read('nested')).toEqual({ reason: "the file can't be used: it is not a regular file" });
    expect(await values.read('two')).toEqual({ reason: 'the value has a line break or NUL in it' });
    expect(await new FileValues(undefined).read('key')).toHaveProperty('reason');
  });
});

describe('Credentials', () => {
  const env = (id: string, name: string): CredentialEntry => ({ id, source: { type: 'Env', name } });

  function setUp(environment: Record<string, string> = {}) {
    const local = new LocalCredentials(new EnvironmentValues(['*'], environment), new FileValues(undefined));
    const credentials = new Credentials(local);
    const changes = { count: 0 };
    credentials.onChange(() => changes.count++);
    return { credentials, changes };
  }
  const named = (versions: Record<string, string>) => new Map(Object.entries(versions));
  const values = (...all: string[]) => all.map((value, index) => ({ id: `c${index}`, version: `v-${value}`, value }));

  it('a value counts once a table that names its version is served, and ends with one that names it no longer', () => {
    const { credentials, changes } = setUp();
    credentials.receive({ type: 'credentials', values: values('a', 'b'), revoked: [] });
    expect(credentials.resolve('c0')).toBeUndefined();
    credentials.serve(named({ c0: 'v-a', c1: 'v-b' }));
    expect(credentials.resolve('c0')).toEqual({ id: 'c0', version: 'v-a', value: 'a' });
    credentials.receive({ type: 'credentials', values: values('A'), revoked: [] });
    // The table that names it may yet be refused.
    expect(credentials.resolve('c0')?.value).toBe('a');
    expect(credentials.resolve('c1')?.value).toBe('b');
    credentials.serve(named({ c0: 'v-A' }));
    expect(credentials.resolve('c0')).toEqual({ id: 'c0', version: 'v-A', value: 'A' });
    expect(credentials.resolve('c1')).toBeUndefined();
    expect(changes.count).toBe(2);
    // What was ended is gone, not hidden.
    credentials.serve(named({ c0: 'v-a', c1: 'v-b' }));
    expect([credentials.resolve('c0'), credentials.resolve('c1')]).toEqual([undefined, undefined]);
  });

  it('a revocation that comes before its table takes nothing from the one that serves', () => {
    const { credentials } = setUp();
    credentials.receive({ type: 'credentials', values: values('a'), revoked: [] });
    credentials.serve(named({ c0: 'v-a' }));
    credentials.receive({ type: 'credentials', values: [], revoked: ['c0'] });
    expect(credentials.resolve('c0')?.value).toBe('a');
  });

  it('a value that no header can carry is reported, and the one before it is not used on', () => {
    const { credentials } = setUp();
    credentials.receive({ type: 'credentials', values: values('a'), revoked: [] });
    credentials.serve(named({ c0: 'v-a' }));
    credentials.receive({ type: 'credentials', values: values('canary\r\n'), revoked: [] });
    expect(credentials.unresolved()).toEqual([]);
    credentials.serve(named({ c0: 'v-canary\r\n' }));
    expect(credentials.resolve('c0')).toBeUndefined();
    expect(credentials.unresolved().map(({ id }) => id)).toEqual(['c0']);
    expect(JSON.stringify(credentials.unresolved())).not.toContain('canary');
    credentials.serve(named({}));
    expect(credentials.unresolved()).toEqual([]);
  });

  it('reads its environment anew at a reload, under a version that follows the value', async () => {
    const environment: Record<string, string> = { KEY: 'one' };
    const { credentials } = setUp(environment);
    await credentials.load([env('env:KEY', 'KEY'), env('env:NO', 'NO')]);
    const before = credentials.resolve('env:KEY')!;
    await credentials.reload();
    expect(credentials.resolve('env:KEY')).toEqual(before);
    environment['KEY'] = 'two';
    await credentials.reload();
    const after = credentials.resolve('env:KEY')!;
    expect([before.value, after.value, before.version === after.version]).toEqual(['one', 'two', false]);
    expect(credentials.unresolved()).toEqual([{ id: 'env:NO', reason: 'the variable NO is not set' }]);
  });

  it('its snapshot brings another process to the same state', () => {
    const [one, other] = [setUp().credentials, setUp().credentials];
    one.receive({ type: 'credentials', values: values('a', 'b', 'c'), revoked: [] });
    one.serve(named({ c0: 'v-a', c1: 'v-b' }));
    one.receive({ type: 'credentials', values: values('not served yet'), revoked: [] });
    expect(JSON.stringify(one.snapshot())).not.toMatch(/not served|v-c/);
    other.receive(one.snapshot());
    other.serve(named({ c0: 'v-a', c1: 'v-b' }));
    expect(other.resolve('c1')).toEqual(one.resolve('c1'));
  });
});
