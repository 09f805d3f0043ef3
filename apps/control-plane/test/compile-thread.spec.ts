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

  it('rejects a compile that throws, and lives on', async () => {
    await expect(thread.compile(request(false, 'a'))).rejects.toThrow('the first compile must be a reset');
    expect(thread.primed).toBe(true);
    expect((await thread.compile(request(true, 'a'))).upserts).toHaveLength(1);
  });

  it('answers a preview before the compile of everything that was asked for first', async () => {
    await thread.compile(request(true, 'a'));
    const everything = request(true, ...Array.from({ length: 5_000 }, (_, index) => `consumer-${index}`));
    const order: string[] = [];
    const compiled = thread.compile(everything).then(({ upserts }) => order.push(`compiled ${upserts.length}`));
    for (let asked = 0; asked < 5; asked++) {
      const preview = { ...request(false, 'a'), preview: ['uid-a', 'uid-consumer-7'] };
      const [conditions, unknown] = await thread.preview({ ...preview, objects: new Map([['b', consumer('b')]]) });
      expect([conditions, unknown]).toMatchObject([[{ type: 'Accepted', status: 'True' }], []]);
      order.push('foretold');
    }
    await compiled;
    expect(order).toEqual([...Array.from({ length: 5 }, () => 'foretold'), 'compiled 5000']);
  });

  it('foretells nothing before the first compile is through, and says so at once', async () => {
    const compiled = thread.compile(request(true, ...Array.from({ length: 3_000 }, (_, index) => `consumer-${index}`)));
    const preview = thread.preview({ ...request(false), preview: [] });
    await expect(preview).rejects.toThrow('nothing has been compiled yet');
    expect((await compiled).upserts).toHaveLength(3_000);
    expect(await thread.preview({ ...request(false), preview: ['uid-consumer-7'] })).toHaveLength(1);
  });
});
