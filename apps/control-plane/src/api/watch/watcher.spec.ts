import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { PassThrough, Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import type { ChangeFeed } from '../../store/object-store.js';
import { ScriptedStore } from '../../store/testing/scripted-store.js';
import type { Reader } from '../objects/read.js';
import type { Call } from '../request/call.js';
import { Watcher } from './watcher.js';

const kind = kindOf('signalbox.dev/v1', 'Consumer')!;
const consumer = (name: string): ApiObject => ({
  apiVersion: 'signalbox.dev/v1',
  kind: 'Consumer',
  metadata: { name, namespace: 'default', uid: name, generation: 1 },
  spec: { keys: [] },
});

describe('bookmarks of a watch', () => {
  let store: ScriptedStore;
  let watcher: Watcher;
  const server = createServer((request, response) => {
    const query = new URL(request.url!, 'http://x').searchParams;
    const target = { kind, scope: { type: 'Namespace', namespace: 'default' } } as const;
    void watcher.prepare({ query, headers: {} } as Call, target)(response);
  });

  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  beforeEach(() => {
    store = new ScriptedStore();
    const page = async () => ({ items: [...store.objects.values()], revision: store.revision });
    const logger = createLogger({ name: 'test', level: 'silent' });
    watcher = new Watcher({
      feed: store,
      reader: { page } as unknown as Reader,
      logger,
      openWatches: { set: () => {} },
      nowMs: () => 0,
      bookmarkEveryMs: 5,
    });
  });
  afterEach(() => watcher.endAll());
  afterAll(() => server.close());

  async function* watch(query: string): AsyncGenerator<{ type: string; object: ApiObject }> {
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/?watch=true&allowWatchBookmarks=true&${query}`);
    for await (const line of createInterface({ input: Readable.fromWeb(response.body! as never) })) {
      yield JSON.parse(line) as { type: string; object: ApiObject };
    }
  }
  const positionOf = ({ metadata }: ApiObject) => metadata.resourceVersion;

  it('that ends the initial events names the position of the list that they are', async () => {
    store.put(consumer('a'));
    store.put(consumer('b'));
    store.revision = 41;
    const types: string[] = [];
    for await (const { type, object } of watch('sendInitialEvents=true&resourceVersionMatch=NotOlderThan')) {
      types.push(type);
      if (type !== 'BOOKMARK') continue;
      expect(positionOf(object)).toBe('41');
      break;
    }
    expect(types).toEqual(['ADDED', 'ADDED', 'BOOKMARK']);
  });

  it('names the position that the watch starts at, then that of the last change that was handed out', async () => {
    store.revision = 7;
    const seen: string[] = [];
    for await (const { type, object } of watch('resourceVersion=7')) {
      const line = `${type} ${positionOf(object)}`;
      if (seen.at(-1) !== line) seen.push(line);
      if (line === 'BOOKMARK 7') store.commit(consumer('a'));
      if (line === 'BOOKMARK 8' || seen.length > 3) break;
    }
    expect(seen).toEqual(['BOOKMARK 7', 'ADDED 8', 'BOOKMARK 8']);
  });
});

describe('a client that leaves', () => {
  const target = { kind, scope: { type: 'Namespace', namespace: 'default' } } as const;

  /** A response that nobody reads, and a feed that is as slow as the test wants. */
  function watching() {
    const response = Object.assign(new PassThrough(), {
      setTimeout: () => {},
      writeHead: () => {},
      flushHeaders: () => {},
    });
    const closed: string[] = [];
    let subscribe = (): void => {};
    const subscription = new Promise<{ close(): void }>((resolve) => {
      subscribe = () => resolve({ close: () => closed.push('subscription') });
    });
    const watcher = new Watcher({
      feed: { revision: 7, subscribe: () => subscription } as unknown as ChangeFeed,
      reader: {} as Reader,
      logger: createLogger({ name: 'test', level: 'silent' }),
      openWatches: { set: (count) => closed.push(`open: ${count}`) },
      nowMs: () => 0,
    });
    const query = new URLSearchParams({ watch: 'true', resourceVersion: '7', timeoutSeconds: '86400' });
    const served = watcher.prepare({ query, headers: {} } as Call, target)(response as unknown as ServerResponse);
    return { response, closed, served, subscribe };
  }

  it('before its subscription is there leaves none behind', async () => {
    const { response, closed, served, subscribe } = watching();
    response.destroy();
    await once(response, 'close');
    subscribe();
    await served;
    expect(closed).toEqual(['open: 1', 'open: 0', 'subscription']);
  });

  it('leaves no timer behind that would hold it for a day', async () => {
    const clock = new Set<unknown>();
    const { setTimeout: set, clearTimeout: clear } = globalThis;
    globalThis.setTimeout = ((run: () => void, ms: number) => {
      const timer = set(run, ms);
      if (ms === 86_400_000) clock.add(timer);
      return timer;
    }) as typeof setTimeout;
    globalThis.clearTimeout = ((timer: NodeJS.Timeout) => {
      clock.delete(timer);
      clear(timer);
    }) as typeof clearTimeout;
    try {
      const { response, served, subscribe } = watching();
      expect(clock.size).toBe(1);
      subscribe();
      await served;
      response.destroy();
      await once(response, 'close');
      expect(clock.size).toBe(0);
    } finally {
      Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
    }
  });
});

it('the objects that a watch starts with wait for a client that is slow', async () => {
  const waiting: (() => void)[] = [];
  const lines: string[] = [];
  const response = new Writable({
    highWaterMark: 1,
    write: (chunk, _encoding, taken) => {
      lines.push(String(chunk));
      waiting.push(taken);
    },
  });
  Object.assign(response, { setTimeout: () => {}, writeHead: () => {}, flushHeaders: () => {} });
  const watcher = new Watcher({
    feed: new ScriptedStore(),
    reader: { page: async () => ({ items: [consumer('a'), consumer('b')], revision: 7 }) } as unknown as Reader,
    logger: createLogger({ name: 'test', level: 'silent' }),
    openWatches: { set: () => {} },
    nowMs: () => 0,
  });
  const query = new URLSearchParams({ watch: 'true' });
  const target = { kind, scope: { type: 'Namespace', namespace: 'default' } } as const;
  const served = watcher.prepare({ query, headers: {} } as Call, target)(response as unknown as ServerResponse);
  await setImmediate();
  expect([lines.length, response.writableLength]).toEqual([1, lines[0]!.length]);
  waiting.shift()!();
  await setImmediate();
  expect(lines).toEqual([expect.stringContaining('"a"'), expect.stringContaining('"b"')]);
  waiting.shift()!();
  await served;
  watcher.endAll();
});
