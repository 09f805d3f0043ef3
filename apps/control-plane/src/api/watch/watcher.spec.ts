import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import type { ApiObject } from '#libs/apimachinery';
import { kindOf } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
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
