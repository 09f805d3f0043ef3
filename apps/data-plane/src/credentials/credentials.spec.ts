import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BucketedMap, type CredentialEntry } from '#libs/routing-table';
import { FakeClock } from '#libs/testing';
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
    const local = new LocalCredentials(
      new EnvironmentValues(['*'], environment),
      new FileValues(undefined),
      new FakeClock(),
    );
    const credentials = new Credentials(local);
    const changes = { count: 0 };
    credentials.onChange(() => changes.count++);
    return { credentials, changes };
  }
  const noneRead = new Map();
  const named = (versions: Record<string, string>, before = BucketedMap.empty<string>()) => {
    const editor = before.edit();
    for (const [id, version] of Object.entries(versions)) editor.set(id, version);
    return editor.freeze();
  };
  const values = (...all: string[]) => all.map((value, index) => ({ id: `c${index}`, version: `v-${value}`, value }));

  it('a value counts once a table that names its version is served, and ends with one that names it no longer', () => {
    const { credentials, changes } = setUp();
    credentials.receive({ type: 'credentials', values: values('a', 'b'), revoked: [] });
    expect(credentials.resolve('c0')).toBeUndefined();
    credentials.serve(named({ c0: 'v-a', c1: 'v-b' }), noneRead);
    expect(credentials.resolve('c0')).toEqual({ id: 'c0', version: 'v-a', value: 'a' });
    credentials.receive({ type: 'credentials', values: values('A'), revoked: [] });
    // The table that names it may yet be refused.
    expect(credentials.resolve('c0')?.value).toBe('a');
    expect(credentials.resolve('c1')?.value).toBe('b');
    credentials.serve(named({ c0: 'v-A' }), noneRead);
    expect(credentials.resolve('c0')).toEqual({ id: 'c0', version: 'v-A', value: 'A' });
    expect(credentials.resolve('c1')).toBeUndefined();
    expect(changes.count).toBe(2);
    // What was ended is gone, not hidden.
    credentials.serve(named({ c0: 'v-a', c1: 'v-b' }), noneRead);
    expect([credentials.resolve('c0'), credentials.resolve('c1')]).toEqual([undefined, undefined]);
  });

  it('a revocation that comes before its table takes nothing from the one that serves', () => {
    const { credentials } = setUp();
    credentials.receive({ type: 'credentials', values: values('a'), revoked: [] });
    credentials.serve(named({ c0: 'v-a' }), noneRead);
    credentials.receive({ type: 'credentials', values: [], revoked: ['c0'] });
    expect(credentials.resolve('c0')?.value).toBe('a');
  });

  it('of tables that are refused one after the other, the last value alone is held besides the one that serves', () => {
    const { credentials } = setUp();
    const held = () => JSON.stringify(credentials, (_, each: unknown) => (each instanceof Map ? [...each] : each));
    credentials.receive({ type: 'credentials', values: values('served'), revoked: [] });
    credentials.serve(named({ c0: 'v-served' }), noneRead);
    for (let turn = 0; turn < 20; turn++) {
      credentials.receive({ type: 'credentials', values: values(`c0-of-${turn}.`, `c1-of-${turn}.`), revoked: [] });
    }
    expect(held().match(/"c\d-of-\d+\./g)).toEqual(['"c0-of-19.', '"c1-of-19.']);
    credentials.receive({ type: 'credentials', values: [], revoked: ['c1', 'c0'] });
    expect(held()).not.toMatch(/c\d-of/);
    expect(credentials.resolve('c0')?.value).toBe('served');
  });

  it('what a stream brought for a table that never came goes with the next stream', () => {
    const { credentials } = setUp();
    credentials.receive({ type: 'credentials', values: values('served'), revoked: [] });
    credentials.serve(named({ c0: 'v-served' }), noneRead);
    credentials.receive({ type: 'credentials', values: values('waits', 'waits'), revoked: [] });
    credentials.dropUnserved();
    expect(credentials.resolve('c0')?.value).toBe('served');
    credentials.serve(named({ c0: 'v-waits', c1: 'v-waits' }), noneRead);
    expect([credentials.resolve('c0'), credentials.resolve('c1')]).toEqual([undefined, undefined]);
  });

  it('a value that no header can carry is reported, and the one before it is not used on', () => {
    const { credentials } = setUp();
    credentials.receive({ type: 'credentials', values: values('a'), revoked: [] });
    credentials.serve(named({ c0: 'v-a' }), noneRead);
    credentials.receive({ type: 'credentials', values: values('canary\r\n'), revoked: [] });
    expect(credentials.unresolved()).toEqual([]);
    credentials.serve(named({ c0: 'v-canary\r\n' }), noneRead);
    expect(credentials.resolve('c0')).toBeUndefined();
    expect(credentials.unresolved().map(({ id }) => id)).toEqual(['c0']);
    expect(JSON.stringify(credentials.unresolved())).not.toContain('canary');
    credentials.serve(named({}), noneRead);
    expect(credentials.unresolved()).toEqual([]);
  });

  it('a swap looks at what came or changed since the one before, however many there are', () => {
    const { credentials } = setUp();
    const many = Array.from({ length: 10_000 }, (_, index) => `c${index}`);
    const first = named(Object.fromEntries(many.map((id) => [id, 'v1'])));
    const value = (id: string, version: string) => ({ id, version, value: `${id} ${version}` });
    credentials.receive({ type: 'credentials', values: many.map((id) => value(id, 'v1')), revoked: [] });
    credentials.serve(first, noneRead);
    const second = named({ c7: 'v2' }, first);
    let looks = 0;
    const get = second.get.bind(second);
    second.get = (id) => {
      looks += 1;
      return get(id);
    };
    credentials.receive({ type: 'credentials', values: [value('c7', 'v2'), value('c8', 'v2')], revoked: [] });
    credentials.serve(second, noneRead);
    expect(credentials.unresolved()).toEqual([]);
    expect(looks).toBeLessThan(10);
    expect(['c7', 'c8', 'c9'].map((id) => credentials.resolve(id)?.value)).toEqual(['c7 v2', 'c8 v1', 'c9 v1']);
    // What waited for another table is gone, and so is what this one replaced.
    credentials.serve(named({ c7: 'v1', c8: 'v2' }), noneRead);
    expect(['c7', 'c8', 'c9'].map((id) => credentials.resolve(id))).toEqual([undefined, undefined, undefined]);
  });

  it('of a value that is of use again nothing is reported, and of one that is not the newest reason', () => {
    const { credentials } = setUp();
    const serve = (version: string, value: string) => {
      credentials.receive({ type: 'credentials', values: [{ id: 'c0', version, value }], revoked: [] });
      credentials.serve(named({ c0: version }), noneRead);
      return credentials.unresolved().map(({ reason }) => reason);
    };
    expect(serve('v1', 'canary\r\n')).toEqual(['the value has a line break or NUL in it']);
    expect(serve('v2', '')).toEqual(['the value is empty']);
    expect(serve('v3', 'good')).toEqual([]);
    expect(serve('v4', '')).toEqual(['the value is empty']);
    credentials.receive({ type: 'credentials', values: [{ id: 'c0', version: 'v5', value: 'good' }], revoked: [] });
    expect(credentials.unresolved()).toHaveLength(1);
    credentials.serve(named({ c0: 'v5' }), noneRead);
    expect(credentials.unresolved()).toEqual([]);
  });

  it('reads its environment anew at a reload, under a version that follows the value', async () => {
    const environment: Record<string, string> = { KEY: 'one' };
    const { credentials } = setUp(environment);
    credentials.serve(named({}), await credentials.read([env('env:KEY', 'KEY'), env('env:NO', 'NO')]));
    const before = credentials.resolve('env:KEY')!;
    await credentials.reload();
    expect(credentials.resolve('env:KEY')).toEqual(before);
    environment['KEY'] = 'two';
    await credentials.reload();
    const after = credentials.resolve('env:KEY')!;
    expect([before.value, after.value, before.version === after.version]).toEqual(['one', 'two', false]);
    expect(credentials.unresolved()).toEqual([{ id: 'env:NO', reason: 'the variable NO is not set' }]);
  });

  it('says of a reload that it changed something, and of one that did not nothing', async () => {
    const environment: Record<string, string> = { KEY: 'one' };
    const { credentials, changes } = setUp(environment);
    credentials.serve(named({}), await credentials.read([env('env:KEY', 'KEY'), env('env:NO', 'NO')]));
    await credentials.reload();
    expect(changes.count).toBe(1);
    environment['NO'] = 'now';
    await credentials.reload();
    expect(changes.count).toBe(2);
    delete environment['KEY'];
    await credentials.reload();
    expect([changes.count, credentials.resolve('env:KEY')]).toEqual([3, undefined]);
  });

  it('a listener that throws keeps the change from no other', () => {
    const faults: unknown[] = [];
    const local = new LocalCredentials(new EnvironmentValues([], {}), new FileValues(undefined), new FakeClock());
    const credentials = new Credentials(local, (error) => faults.push(error));
    const heard: string[] = [];
    const fault = new Error('a defect');
    credentials.onChange(() => {
      throw fault;
    });
    credentials.onChange(() => heard.push('the other'));
    credentials.serve(named({}), noneRead);
    expect([heard, faults]).toEqual([['the other'], [fault]]);
  });

  describe('that come one after the other', () => {
    const one: CredentialEntry = { id: 'file:one', source: { type: 'File', path: 'one' } };
    const two: CredentialEntry = { id: 'file:two', source: { type: 'File', path: 'two' } };
    /** Files whose content a test gives when it likes, question by question. */
    let asked: { readonly path: string; readonly answer: (value: string) => void }[];
    let credentials: Credentials;
    let clock: FakeClock;

    beforeEach(async () => {
      [asked, clock] = [[], new FakeClock()];
      const files = {
        read: (path: string) =>
          new Promise<{ value: string }>((resolve) => {
            asked.push({ path, answer: (value) => resolve({ value }) });
          }),
      };
      credentials = new Credentials(new LocalCredentials(new EnvironmentValues([], {}), files, clock));
      const first = credentials.read([one]);
      asked.shift()!.answer('first');
      credentials.serve(named({}), await first);
    });
    const value = (id: string) => credentials.resolve(id)?.value;

    it('what is read for the next table counts with the swap, not before', async () => {
      const next = credentials.read([two]);
      asked.shift()!.answer('second');
      const readings = await next;
      expect([value('file:one'), value('file:two')]).toEqual(['first', undefined]);
      credentials.serve(named({}), readings);
      expect([value('file:one'), value('file:two')]).toEqual([undefined, 'second']);
    });

    it('a reload that ends while the next table is read takes none of its credentials away', async () => {
      const next = credentials.read([two]);
      const reload = credentials.reload();
      asked.pop()!.answer('first');
      await reload;
      asked.pop()!.answer('second');
      credentials.serve(named({}), await next);
      expect(value('file:two')).toBe('second');
    });

    it('a reload that ends after the next swap brings nothing back, and leaves that table its own', async () => {
      const reload = credentials.reload();
      const next = credentials.read([two]);
      asked.pop()!.answer('second');
      credentials.serve(named({}), await next);
      asked.pop()!.answer('rotated');
      await reload;
      expect([value('file:one'), value('file:two')]).toEqual([undefined, 'second']);
    });

    it('a source that does not answer holds up no table, and takes no value away', async () => {
      const next = credentials.read([one, two]);
      await clock.advanceAsync(5_000);
      credentials.serve(named({}), await next);
      expect([value('file:one'), value('file:two')]).toEqual(['first', undefined]);
      expect(credentials.unresolved()).toEqual([{ id: 'file:two', reason: 'it could not be read within 5 s' }]);
    });

    it('a source that owes an answer is not asked again before it came', async () => {
      const reload = async () => {
        const reloaded = credentials.reload();
        await clock.advanceAsync(5_000);
        await reloaded;
      };
      await reload();
      await reload();
      await reload();
      expect(asked).toHaveLength(1);
      asked.pop()!.answer('too late');
      await clock.advanceAsync(0);
      expect(value('file:one')).toBe('first');
      const reloaded = credentials.reload();
      expect(asked).toHaveLength(1);
      asked.pop()!.answer('in time');
      await reloaded;
      expect([value('file:one'), clock.pendingTimers]).toEqual(['in time', 0]);
    });

    it('of two answers the one to the later question counts, whichever comes last', async () => {
      const next = credentials.read([one]);
      const reload = credentials.reload();
      const [earlier, later] = asked;
      later!.answer('rotated');
      await reload;
      earlier!.answer('first');
      credentials.serve(named({}), await next);
      expect(value('file:one')).toBe('rotated');

      asked = [];
      const slow = credentials.reload();
      const quick = credentials.reload();
      const [before, after] = asked;
      after!.answer('rotated again');
      await quick;
      before!.answer('rotated');
      await slow;
      expect(value('file:one')).toBe('rotated again');
    });
  });

  it('its snapshot brings another process to the same state', () => {
    const [one, other] = [setUp().credentials, setUp().credentials];
    one.receive({ type: 'credentials', values: values('a', 'b', 'c'), revoked: [] });
    one.serve(named({ c0: 'v-a', c1: 'v-b' }), noneRead);
    one.receive({ type: 'credentials', values: values('not served yet'), revoked: [] });
    expect(JSON.stringify(one.snapshot())).not.toMatch(/not served|v-c/);
    other.receive(one.snapshot());
    other.serve(named({ c0: 'v-a', c1: 'v-b' }), noneRead);
    expect(other.resolve('c1')).toEqual(one.resolve('c1'));
  });
});
