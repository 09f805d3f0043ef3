import type { ApiObject } from '#libs/apimachinery';
import { kinds } from '#libs/resources';
import { createLogger, silentTracer } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import { CompileController, type Compiled } from './compile-controller.js';
import type { CompileRequest, CompileResult, Preview, PreviewRequest } from './compile-messages.js';
import { CompileState } from './compile-state.js';
import { ObjectCache } from '../cache/object-cache.js';
import { SecretValues } from '../cache/secret-values.js';
import { ScriptedStore } from '../store/testing/scripted-store.js';

const trace = (digit: string) => `00-${digit.repeat(32)}-${digit.repeat(16)}-01`;
const traceIds = ({ traceParents }: Compiled) => traceParents.map((parent) => parent.split('-')[1]?.[0]);

const consumer = (name: string, generation = 1): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: `uid-${name}`, generation },
  spec: { keys: [{ name: 'k', sha256: Buffer.from(`${name}${generation}`).toString('hex').padEnd(64, '0') }] },
});
const secret = (value: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', namespace: 'default', uid: 'uid-s' },
  data: { k: Buffer.from(value).toString('base64') },
});

function finish<Result>(steps: Generator<void, Result>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The compile thread without the thread: holds each request until the test lets it go on. */
class HeldThread {
  primed = false;
  readonly requests: CompileRequest[] = [];
  private state = new CompileState();
  private outcomes: ((error?: Error) => void)[] = [];

  compile(request: CompileRequest): Promise<CompileResult> {
    this.primed = true;
    this.requests.push(request);
    return new Promise((resolve, reject) => {
      this.outcomes.push((error) => (error ? reject(error) : resolve(finish(this.state.compile(request)))));
    });
  }
  preview(request: PreviewRequest): Promise<Preview> {
    return Promise.resolve(this.state.preview(request));
  }
  answer(): void {
    this.outcomes.shift()?.();
  }
  fail(): void {
    this.outcomes.shift()?.(new Error('compile failed'));
  }
  die(): void {
    this.primed = false;
    this.state = new CompileState();
    this.fail();
  }
}

describe('CompileController', () => {
  let clock: FakeClock;
  let store: ScriptedStore;
  let thread: HeldThread;
  let compiled: Compiled[];
  let controller: CompileController;
  let cache: ObjectCache;

  beforeEach(async () => {
    clock = new FakeClock();
    store = new ScriptedStore();
    thread = new HeldThread();
    compiled = [];
    const logger = createLogger({ name: 'test', level: 'silent' });
    const running = { clock, random: () => 0.5, logger };
    cache = new ObjectCache({ store, feed: store, kinds, ...running });
    controller = new CompileController({
      cache,
      secrets: new SecretValues((value) => `v-${value.length}`),
      thread,
      ...running,
      tracer: silentTracer,
      count: () => {},
    });
    controller.onCompiled((each) => compiled.push(each));
    store.put(consumer('first'));
    controller.start();
    cache.start();
    await clock.advanceAsync(0);
    thread.answer();
    await clock.advanceAsync(1_000);
  });
  afterEach(async () => {
    thread.fail();
    await Promise.all([cache.stop(), controller.stop()]);
  });

  const keysOf = (request: CompileRequest | undefined) =>
    [...(request?.objects.keys() ?? [])].map((key) => key.split('/').at(-1));

  it('begins with everything, then sends changes, at once when it was idle', async () => {
    store.commit(consumer('second'), { traceParent: trace('a') });
    await clock.advanceAsync(0);
    expect(thread.requests.map(({ reset }) => reset)).toEqual([true, false]);
    expect(keysOf(thread.requests[1])).toEqual(['second']);
    thread.answer();
    await clock.advanceAsync(0);
    expect(compiled[1]).toMatchObject({ revision: 2, generations: [{ metadata: { name: 'second' } }] });
    expect(traceIds(compiled[1]!)).toEqual(['a']);
  });

  it('foretells over what waits to be compiled, and remembers nothing of it', async () => {
    // The same key as the consumer before it, which is only about to be compiled.
    const thief = { ...consumer('thief'), spec: consumer('second').spec };
    store.commit(consumer('second'));
    const preview = (...objects: ApiObject[]) =>
      controller.preview(
        { objects: new Map(objects.map((object) => [object.metadata.name, object])), credentials: new Map() },
        objects.map(({ metadata }) => metadata.uid!),
      );
    expect(await preview(thief)).toMatchObject([[{ type: 'Accepted', status: 'False', reason: 'Conflicted' }]]);
    await clock.advanceAsync(0);
    thread.answer();
    await clock.advanceAsync(0);
    expect(await preview(consumer('third'))).toMatchObject([[{ type: 'Accepted', status: 'True' }]]);
    expect(compiled.at(-1)?.result.conditions.has('uid-thief')).toBe(false);
  });

  const foretell = (from = controller) =>
    from.preview({ objects: new Map([['t', consumer('third')]]), credentials: new Map() }, ['uid-third']);

  it('foretells with a Secret that waits to be compiled', async () => {
    const own = (kind: string, spec: Record<string, unknown>): ApiObject => ({
      apiVersion: 'signalbox.dev/v1',
      kind,
      metadata: { name: 'a', namespace: 'default', uid: `uid-${kind}`, generation: 1 },
      spec,
    });
    const provider = own('Provider', {
      type: 'OpenAICompatible',
      baseURL: 'https://api.example.com/v1',
      models: [{ name: 'm' }],
    });
    const keys = [{ name: 'k', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }];
    const pool = own('KeyPool', { providerRef: { name: 'a' }, keys });
    const resolved = async () => {
      const changes = { objects: new Map([provider, pool].map((each) => [each.kind, each])), credentials: new Map() };
      const [conditions] = await controller.preview(changes, ['uid-KeyPool']);
      return conditions!.find(({ type }) => type === 'ResolvedRefs')!.status;
    };
    expect(await resolved()).toBe('False');
    store.commit(secret('sk-1'));
    await clock.advanceAsync(0);
    expect(await resolved()).toBe('True');
  });

  it('foretells during a compile', async () => {
    store.commit(consumer('second'));
    await clock.advanceAsync(0);
    expect(thread.requests).toHaveLength(2);
    expect(await foretell()).toMatchObject([[{ type: 'Accepted', status: 'True' }]]);
    expect(compiled).toHaveLength(1);
  });

  it('where more waits than a preview could go ahead of, foretells once it is compiled, or gives up after 20 s', async () => {
    store.commit(consumer('second'));
    await clock.advanceAsync(0);
    for (let index = 0; index < 1_000; index++) store.commit(consumer(`n${index}`));
    let refusal = '';
    const impatient = foretell().catch((error: unknown) => (refusal = String(error)));
    await clock.advanceAsync(19_999);
    expect(refusal).toBe('');
    const patient = foretell();
    await clock.advanceAsync(1);
    expect(await impatient).toContain('1001 changes are being compiled');
    thread.answer();
    await clock.advanceAsync(0);
    expect(await patient).toMatchObject([[{ type: 'Accepted', status: 'True' }]]);
  });

  it('foretells nothing before the first compile is through', async () => {
    const early = new HeldThread();
    const fresh = new CompileController({
      cache,
      secrets: new SecretValues(String),
      thread: early,
      clock,
      random: () => 0.5,
      logger: createLogger({ name: 'test', level: 'silent' }),
      tracer: silentTracer,
      count: () => {},
    });
    fresh.start();
    store.commit(consumer('second'));
    await clock.advanceAsync(0);
    let refusal = '';
    const impatient = foretell(fresh).catch((error: unknown) => (refusal = String(error)));
    // A first compile may have to wait for a machine that is busy with other things.
    await clock.advanceAsync(19_999);
    expect(refusal).toBe('');
    const patient = foretell(fresh);
    expect(fresh.hasCompiled).toBe(false);
    await clock.advanceAsync(1);
    expect(await impatient).toContain('nothing can be foretold meanwhile');
    early.answer();
    expect(await patient).toMatchObject([[{ type: 'Accepted', status: 'True' }]]);
    expect(fresh.hasCompiled).toBe(true);
    await fresh.stop();
  });

  it('keeps nobody waiting at its end', async () => {
    const fresh = new CompileController({
      cache,
      secrets: new SecretValues(String),
      thread: new HeldThread(),
      clock,
      random: () => 0.5,
      logger: createLogger({ name: 'test', level: 'silent' }),
      tracer: silentTracer,
      count: () => {},
    });
    const waiting = foretell(fresh).catch(String);
    await fresh.stop();
    expect(await waiting).toContain('nothing can be foretold meanwhile');
    await expect(foretell(fresh)).rejects.toThrow('nothing can be foretold meanwhile');
  });

  it('takes what comes during a compile in one more run, in the traces of all', async () => {
    store.commit(consumer('second'), { traceParent: trace('a') });
    await clock.advanceAsync(0);
    store.commit(consumer('third'), { traceParent: trace('b') });
    store.commit(consumer('fourth'), { traceParent: trace('c') });
    await clock.advanceAsync(100);
    expect(thread.requests).toHaveLength(2);
    thread.answer();
    await clock.advanceAsync(100);
    expect(keysOf(thread.requests[2])).toEqual(['third', 'fourth']);
    thread.answer();
    await clock.advanceAsync(0);
    expect(compiled.slice(1).map(traceIds)).toEqual([['a'], ['b', 'c']]);
  });

  it('a status write, and a DataPlane, compile nothing', async () => {
    store.commit(consumer('first'), { subresource: 'status' });
    store.commit({ apiVersion: 'signalbox.dev/v1', kind: 'DataPlane', metadata: { name: 'plane' } });
    await clock.advanceAsync(2_000);
    expect(thread.requests).toHaveLength(1);
  });

  it('a status write moves the revision on for data planes, once a second, and a DataPlane never does', async () => {
    for (let write = 0; write < 5; write++) store.commit(consumer('first'), { subresource: 'status' });
    await clock.advanceAsync(999);
    expect(compiled).toHaveLength(1);
    await clock.advanceAsync(1);
    expect(compiled.slice(1)).toMatchObject([{ revision: 6, result: { version: compiled[0]?.result.version } }]);
    store.commit({ apiVersion: 'signalbox.dev/v1', kind: 'DataPlane', metadata: { name: 'plane' } });
    await clock.advanceAsync(5_000);
    expect(compiled).toHaveLength(2);
  });

  it('an edit that compiles to the same is told, so that data planes learn its revision', async () => {
    store.commit({ ...consumer('first', 1), metadata: { ...consumer('first').metadata, annotations: { a: 'b' } } });
    await clock.advanceAsync(0);
    thread.answer();
    await clock.advanceAsync(0);
    expect(compiled[1]).toMatchObject({ revision: 2, result: { upserts: [], removals: [] } });
    expect(compiled[1]?.result.version).toBe(compiled[0]?.result.version);
  });

  it('sends the version of a value, never the value', async () => {
    store.commit(secret('canary'));
    await clock.advanceAsync(0);
    const request = thread.requests[1]!;
    expect([...request.credentials]).toEqual([['default/s/k', { version: 'v-6' }]]);
    const everything = JSON.stringify(thread.requests.map(({ objects }) => [...objects]));
    expect(everything).not.toContain(Buffer.from('canary').toString('base64'));
  });

  it.each<[string, (thread: HeldThread) => void]>([
    ['a compile that fails', (held) => held.fail()],
    ['a thread that dies', (held) => held.die()],
  ])('after %s backs off, then compiles everything, with nothing lost', async (_, end) => {
    store.commit(consumer('second'), { traceParent: trace('a') });
    await clock.advanceAsync(0);
    end(thread);
    await clock.advanceAsync(0);
    expect(thread.requests).toHaveLength(2);
    await clock.advanceAsync(50);
    expect(thread.requests[2]?.reset).toBe(true);
    expect(keysOf(thread.requests[2])).toEqual(['first', 'second']);
    thread.answer();
    await clock.advanceAsync(0);
    expect(compiled).toHaveLength(2);
    expect(compiled[1]?.generations.map(({ metadata }) => metadata.name)).toEqual(['second']);
    expect(traceIds(compiled[1]!)).toEqual(['a']);
  });
});
