import { TableDigest } from '#libs/routing-table';
import type { ApiObject } from '#libs/apimachinery';
import { CompileThread } from '../src/compile/compile-thread.js';

const consumer = (name: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation: 1 },
  spec: { keys: [{ name: 'k', sha256: Buffer.from(name).toString('hex').padEnd(64, '0') }] },
});
const request = (reset: boolean, ...names: string[]) => ({
  reset,
  objects: new Map(names.map((name) => [name, consumer(name)])),
  credentials: new Map(),
});

describe('CompileThread', () => {
  let thread: CompileThread;
  beforeEach(() => {
    thread = new CompileThread();
  });
  afterEach(() => thread.stop());

  it('remembers between requests, and answers what differs, with its bytes', async () => {
    const first = await thread.compile(request(true, 'a'));
    const second = await thread.compile(request(false, 'b'));
    expect([first.upserts.length, second.upserts.map(({ key }) => key)]).toEqual([1, ['default/b']]);
    expect(second.version).toBe(TableDigest.of([...first.upserts, ...second.upserts]).version);
    expect([...second.conditions.keys()]).toEqual(['uid-b']);
  });

  it('rejects what was under way when it ends, and begins anew with a reset', async () => {
    await thread.compile(request(true, 'a'));
    expect(thread.primed).toBe(true);
    const interrupted = thread.compile(request(false, 'b'));
    await Promise.all([expect(interrupted).rejects.toThrow('stopped'), thread.stop()]);
    expect(thread.primed).toBe(false);
    const again = await thread.compile(request(true, 'a', 'b'));
    expect(again.upserts.map(({ key }) => key).sort()).toEqual(['default/a', 'default/b']);
  });

  it('rejects a request that makes compile throw, and lives on', async () => {
    const broken = { ...request(true), objects: new Map([['x', null as unknown as ApiObject]]) };
    const impossible = { ...broken, credentials: 7 as unknown as Map<string, undefined> };
    await expect(thread.compile(impossible)).rejects.toThrow();
    expect(thread.primed).toBe(true);
    expect((await thread.compile(request(true, 'a'))).upserts).toHaveLength(1);
  });
});
