import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { eventually, eventuallyPasses } from '#libs/testing';
import type { Entry } from '#libs/routing-table';
import { createLogger, type Logger } from '#libs/telemetry';
import { OperatorCommands } from '../src/admin/operator-commands.js';
import { CurrentTable } from '../src/table/current-table.js';
import { consumer, entry, match, route, serving, smallTable } from '../src/table/testing/entries.js';
import {
  silent,
  TestControlPlane,
  TestDataPlane,
  type TestDataPlaneOptions,
} from '../../../test/publication-fixture.js';

const credential = 'default/keys/k';
const CANARY = 'canary-5f0c1d';
const second: readonly Entry[] = [...smallTable, route('second'), match('second', { route: 'default/second' })];

type LogLine = Record<string, unknown>;

function logged(): { readonly lines: LogLine[]; readonly logger: Logger } {
  const lines: LogLine[] = [];
  const destination = { write: (text: string) => void lines.push(JSON.parse(text) as LogLine) };
  return { lines, logger: createLogger({ name: 'test', level: 'info', destination }) };
}

describe('publication', () => {
  let controlPlane: TestControlPlane;
  let planes: TestDataPlane[];
  let directory: string;
  const stateKeys = randomBytes(32).toString('base64');

  beforeEach(async () => {
    planes = [];
    directory = mkdtempSync(join(tmpdir(), 'publication-'));
    controlPlane = await TestControlPlane.start();
    controlPlane.secrets.set(credential, { version: 'v1', value: CANARY });
  });
  afterEach(async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
    await controlPlane.stop();
    rmSync(directory, { recursive: true });
  });

  async function startPlane(options: Partial<TestDataPlaneOptions> = {}): Promise<TestDataPlane> {
    const plane = new TestDataPlane({ url: controlPlane.url, ca: controlPlane.ca, ...options });
    planes.push(plane);
    await plane.start();
    return plane;
  }
  async function stopPlane(plane: TestDataPlane): Promise<void> {
    planes = planes.filter((each) => each !== plane);
    await plane.stop();
  }
  const serves = (plane: TestDataPlane, version: string) =>
    eventually(() => (plane.current.current?.version === version ? plane.current.current : undefined));
  const hears = (line: string) => eventuallyPasses(() => expect(controlPlane.heard).toContain(line));

  it('brings the full table, after the credentials that it names', async () => {
    const version = controlPlane.publish(smallTable);
    const plane = await startPlane();
    let resolvedAtSwap: string | undefined;
    plane.current.onSwap(() => (resolvedAtSwap = plane.credentials.resolve(credential)?.value));
    const table = await serves(plane, version);
    expect(table.route('default', 'chat', {})?.name).toBe('chat');
    expect(resolvedAtSwap).toBe(CANARY);
    await hears('served 1');
    expect(controlPlane.heard).toContain('ack full');
  });

  it('brings commands to data planes that know them, and their answers back', async () => {
    const version = controlPlane.publish(smallTable);
    const commands = new OperatorCommands({
      state: {
        resetBreaker: (id) => ({ result: 'Reset', message: `${id} was open` }),
        resetCooldown: () => ({ result: 'Unknown', message: '' }),
      },
      tables: new CurrentTable(),
      logger: silent,
    });
    await serves(await startPlane({ name: 'new', uid: 'new', commands }), version);
    await serves(await startPlane({ name: 'old', uid: 'old' }), version);
    const action = { type: 'ResetBreaker', namespace: 'default', provider: 'alpha', model: 'large' } as const;
    expect(await controlPlane.command({ id: '1', action }, 2)).toEqual([
      { dataPlane: 'old', result: 'NotSupported', message: expect.stringContaining('upgrade') },
      { dataPlane: 'new', result: 'Reset', message: 'default/alpha/large was open' },
    ]);
    expect(await controlPlane.command({ id: '2', action, dataPlane: 'new' }, 1)).toMatchObject([{ dataPlane: 'new' }]);
  });

  it('waits for the first compile', async () => {
    const plane = await startPlane();
    await hears('hello plane empty');
    expect(plane.current.current).toBeUndefined();
    await serves(plane, controlPlane.publish(smallTable));
  });

  it('brings changes as deltas, and a compile that changed nothing as a bookmark', async () => {
    const plane = await startPlane();
    const first = await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    const table = await serves(plane, controlPlane.publish(second));
    expect(table.route('default', 'second', {})?.name).toBe('second');
    expect(first.route('default', 'second', {})).toBeUndefined();
    await hears('served 2');
    controlPlane.publish(second);
    await hears('served 3');
    expect([plane.current.current, table.revision]).toEqual([table, 3]);
    expect(controlPlane.heard.filter((line) => line.startsWith('ack'))).toEqual([
      'ack full',
      'ack delta',
      'ack bookmark',
    ]);
  });

  const naming = (version: string): readonly Entry[] => [
    ...smallTable.filter(({ kind }) => kind !== 'Credential'),
    entry('Credential', credential, { id: credential, source: { type: 'Secret', version } }),
  ];
  const withoutCredential = [consumer('demo', 'ab'.repeat(32))];

  it('rotates and revokes credentials', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    controlPlane.secrets.set(credential, { version: 'v2', value: 'rotated' });
    await serves(plane, controlPlane.publish(naming('v2')));
    expect(plane.credentials.resolve(credential)).toMatchObject({ version: 'v2', value: 'rotated' });
    controlPlane.secrets.delete(credential);
    await serves(plane, controlPlane.publish(withoutCredential));
    expect(plane.credentials.resolve(credential)).toBeUndefined();
    expect(plane.credentials.snapshot().values).toEqual([]);
  });

  it('a refused table leaves the old one with its keys, rotated or revoked though they are', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    const lost = match('lost', { route: 'default/absent' });
    controlPlane.secrets.set(credential, { version: 'v2', value: 'rotated' });
    controlPlane.publish([...naming('v2'), lost]);
    await hears('nack full');
    expect(plane.credentials.resolve(credential)).toMatchObject({ version: 'v1', value: CANARY });
    controlPlane.secrets.delete(credential);
    controlPlane.publish([...withoutCredential, lost]);
    await eventuallyPasses(() =>
      expect(controlPlane.heard.filter((line) => line === 'nack full').length).toBeGreaterThan(1),
    );
    expect(plane.credentials.resolve(credential)).toMatchObject({ version: 'v1', value: CANARY });
    controlPlane.secrets.set(credential, { version: 'v2', value: 'rotated' });
    await serves(plane, controlPlane.publish(naming('v2')));
    expect(plane.credentials.resolve(credential)).toMatchObject({ version: 'v2', value: 'rotated' });
  });

  it('one that comes back keeps its keys if the table that it is sent is one that it refuses', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    await stopPlane(plane);
    await hears('disconnected');
    controlPlane.secrets.delete(credential);
    controlPlane.publish([...withoutCredential, match('lost', { route: 'default/absent' })]);
    await plane.start();
    planes.push(plane);
    await hears('nack full');
    expect(plane.credentials.resolve(credential)?.value).toBe(CANARY);
  });

  it('what only a refused table named is held no longer than until the next one, or the next stream', async () => {
    const held = (plane: TestDataPlane) =>
      JSON.stringify(plane.credentials, (_, each: unknown) => (each instanceof Map ? [...each] : each));
    const named = (id: string) => {
      controlPlane.secrets.set(id, { version: 'v1', value: `value-of-${id}` });
      return entry('Credential', id, { id, source: { type: 'Secret', version: 'v1' } });
    };
    const lost = match('lost', { route: 'default/absent' });
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    const refusals = (count: number) =>
      eventuallyPasses(() => expect(controlPlane.heard.filter((line) => line === 'nack full')).toHaveLength(count));
    controlPlane.publish([...smallTable, lost, named('one')]);
    await refusals(1);
    controlPlane.publish([...smallTable, lost, named('two')]);
    await refusals(2);
    expect(held(plane).match(/value-of-\w+/g)).toEqual(['value-of-two']);
    controlPlane.dropConnections();
    controlPlane.publish(smallTable);
    await hears('ack bookmark');
    expect(held(plane)).not.toContain('value-of');
    expect(plane.credentials.resolve(credential)?.value).toBe(CANARY);
  });

  it('a table that was refused is not sent again while nothing but the log moves on', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    const broken = [...smallTable, match('lost', { route: 'default/absent' })];
    controlPlane.publish(broken);
    await hears('nack full');
    const refusals = () => controlPlane.heard.filter((line) => line.startsWith('rejected')).length;
    const before = refusals();
    for (let turn = 0; turn < 5; turn++) controlPlane.publish(broken);
    await serves(plane, controlPlane.publish(second));
    expect(controlPlane.heard.filter((line) => line === 'nack full')).toHaveLength(1);
    // The refusal is that of the later revisions, too.
    expect(refusals() - before).toBe(5);
  });

  it('a table that cannot be prepared is refused with the reason, and the old one serves on', async () => {
    const plane = await startPlane();
    const good = await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    controlPlane.publish([...smallTable, match('lost', { route: 'default/absent' })]);
    await hears('rejected Match/default/lost refers to Route default/absent, which is not in the table');
    expect(plane.current.current).toBe(good);
    controlPlane.publish([...smallTable, { kind: 'Consumer', key: 'default/bad', bytes: Buffer.from('{') }]);
    await hears('rejected Consumer default/bad is not JSON');
    await serves(plane, controlPlane.publish(second));
    await hears('served 4');
  });

  it('a delta that comes to another version is refused, and the full table follows', async () => {
    const plane = await startPlane();
    const version = controlPlane.publish(smallTable);
    await serves(plane, version);
    await hears('served 1');
    controlPlane.publish(second, 'f'.repeat(64));
    await eventuallyPasses(() =>
      expect(controlPlane.heard.filter((line) => line.startsWith('nack'))).toEqual(['nack delta', 'nack full']),
    );
    expect(plane.current.current?.version).toBe(version);
    await serves(plane, controlPlane.publish(second));
  });

  it('after a reconnect continues by a delta', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    await hears('served 1');
    await stopPlane(plane);
    await hears('disconnected');
    const version = controlPlane.publish(second);
    const heardBefore = controlPlane.heard.length;
    await plane.start();
    planes.push(plane);
    await serves(plane, version);
    await eventuallyPasses(() => expect(controlPlane.heard.slice(heardBefore)).toContain('ack delta'));
    expect(controlPlane.heard.slice(heardBefore)).not.toContain('ack full');
  });

  it('comes back by itself when its stream breaks', async () => {
    const plane = await startPlane();
    const version = controlPlane.publish(smallTable);
    await serves(plane, version);
    controlPlane.dropConnections();
    await eventuallyPasses(() =>
      expect(controlPlane.heard.filter((line) => line.startsWith('hello'))).toEqual([
        'hello plane empty',
        `hello plane ${version}`,
      ]),
    );
    await hears('ack bookmark');
    expect(plane.client.connected).toBe(true);
  });

  describe('a defect of ours', () => {
    let lines: LogLine[];
    let logger: Logger;
    beforeEach(() => ({ lines, logger } = logged()));
    const said = (level: string) => lines.filter((line) => line['level'] === level).map(({ msg }) => msg);

    it('in one part that hears of swaps keeps neither the others nor the answer', async () => {
      const plane = await startPlane({ logger });
      const heard: string[] = [];
      plane.current.onSwap(() => {
        throw new Error('a defect');
      });
      plane.current.onSwap(() => heard.push('swap'));
      plane.credentials.onChange(() => {
        throw new Error('a defect');
      });
      plane.credentials.onChange(() => heard.push('credentials'));
      await serves(plane, controlPlane.publish(smallTable));
      await hears('served 1');
      await serves(plane, controlPlane.publish(second));
      await hears('served 2');
      expect(heard).toEqual(['credentials', 'swap', 'credentials', 'swap']);
      expect(said('error')).toHaveLength(4);
      expect(controlPlane.heard).not.toContain('nack full');
    });

    it('in taking a message in begins the stream anew, and everything comes again', async () => {
      const plane = await startPlane({ logger });
      await hears('hello plane empty');
      const receive = plane.credentials.receive.bind(plane.credentials);
      let fails = true;
      plane.credentials.receive = (message) => {
        if (fails) {
          fails = false;
          throw new Error('a defect');
        }
        receive(message);
      };
      await serves(plane, controlPlane.publish(smallTable));
      await hears('ack full');
      expect(plane.credentials.resolve(credential)?.value).toBe(CANARY);
      expect(said('error')).toEqual(['the stream is begun anew after an unexpected error']);
      expect(controlPlane.heard.filter((line) => line.startsWith('hello'))).toHaveLength(2);
    });

    it('that stays is met again after longer and longer pauses', async () => {
      controlPlane.publish(smallTable);
      const plane = await startPlane({ logger, random: () => 1 });
      plane.credentials.receive = () => {
        throw new Error('a defect');
      };
      const pauses = () => lines.flatMap(({ retryInMs }) => (retryInMs === undefined ? [] : [retryInMs]));
      await eventuallyPasses(() => expect(pauses().slice(0, 3)).toEqual([20, 40, 50]));
    });

    it('in the greeting ends that stream alone', async () => {
      const plane = await startPlane({ logger });
      const version = controlPlane.publish(smallTable);
      await serves(plane, version);
      let fails = true;
      const unresolved = plane.credentials.unresolved.bind(plane.credentials);
      plane.credentials.unresolved = () => {
        if (!fails) return unresolved();
        fails = false;
        throw new Error('a defect');
      };
      controlPlane.dropConnections();
      await hears('ack bookmark');
      expect(said('error')).toEqual(['the stream is begun anew after an unexpected error']);
    });

    it('in preparing a table is a refusal that quotes nothing', async () => {
      const plane = await startPlane({ logger });
      plane.credentials.read = () => Promise.reject(new RangeError(CANARY));
      controlPlane.publish(smallTable);
      await hears('rejected cannot be prepared: RangeError');
      expect(said('error')).toEqual(['a table could not be prepared by a defect of this data plane']);
    });

    it('is not a token that no header can carry: it is read again', async () => {
      controlPlane.publish(smallTable);
      const tokens = [`two\nlines ${CANARY}`, 'data-plane-token'];
      const plane = await startPlane({ logger, token: () => tokens.shift() ?? 'data-plane-token' });
      await eventually(() => plane.current.current);
      expect(said('warn')).toEqual(['no stream to the control plane; serving on with the current table']);
      expect(JSON.stringify(lines)).not.toContain(CANARY);
    });
  });

  it('says which table it serves and which it refused, and not what bookmarks bring', async () => {
    const { lines, logger } = logged();
    const plane = await startPlane({ logger });
    const first = controlPlane.publish(smallTable);
    await serves(plane, first);
    await hears('served 1');
    const next = controlPlane.publish(second);
    await hears('served 2');
    controlPlane.publish(second);
    await hears('served 3');
    controlPlane.publish([...second, match('lost', { route: 'default/absent' })]);
    await hears('nack full');
    const durationMs = expect.any(Number) as number;
    const told = lines.filter(({ msg }) => /table/.test(String(msg)));
    expect(told).toEqual([
      expect.objectContaining({
        msg: 'serving a new table',
        type: 'full',
        revision: 1,
        version: first,
        entries: 6,
        durationMs,
      }),
      expect.objectContaining({
        msg: 'serving a new table',
        type: 'delta',
        revision: 2,
        version: next,
        upserts: 2,
        removals: 0,
        durationMs,
      }),
      ...['delta', 'full'].map((type) =>
        expect.objectContaining({
          level: 'warn',
          msg: 'refused a table; the one before serves on',
          type,
          revision: 4,
          reason: 'Match/default/lost refers to Route default/absent, which is not in the table',
        }),
      ),
    ]);
  });

  it.each([
    ['an unknown token', 'wrong'],
    ['the token of a viewer', 'viewer-token'],
    ['the token of an admin', 'admin-token'],
  ])('%s is refused', async (_, token) => {
    controlPlane.publish(smallTable);
    const plane = await startPlane({ token });
    const allowed = await startPlane({ name: 'allowed', uid: 'allowed' });
    await eventually(() => allowed.current.current);
    expect([plane.current.current, plane.client.connected]).toEqual([undefined, false]);
    expect(controlPlane.heard.some((line) => line.startsWith('hello plane'))).toBe(false);
  });

  it('a second data plane under the name of a connected one is turned away', async () => {
    const plane = await startPlane();
    await serves(plane, controlPlane.publish(smallTable));
    const impostor = await startPlane({ uid: 'another' });
    const bystander = await startPlane({ name: 'bystander', uid: 'bystander' });
    await eventually(() => bystander.current.current);
    expect([plane.client.connected, impostor.current.current]).toEqual([true, undefined]);
  });

  it('joins publication and swap to the trace of each change that it carries', async () => {
    const exporter = new InMemorySpanExporter();
    const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
    const tracer = provider.getTracer('test');
    await controlPlane.stop();
    controlPlane = await TestControlPlane.start({ tracer });
    const plane = await startPlane({ tracer });
    await hears('hello plane empty');
    const changes = ['a', 'b'].map((digit) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) }));
    const parents = changes.map(({ traceId, spanId }) => `00-${traceId}-${spanId}-01`);
    await serves(plane, controlPlane.publish(smallTable, undefined, parents));
    await hears('served 1');
    const spans = await eventually(() => {
      const finished = exporter.getFinishedSpans();
      return finished.length === 4 ? finished : undefined;
    });
    for (const { traceId, spanId } of changes) {
      const ofTrace = spans.filter((span) => span.spanContext().traceId === traceId);
      const publish = ofTrace.find(({ name }) => name === 'publish');
      const swap = ofTrace.find(({ name }) => name === 'swap');
      expect(publish?.parentSpanContext?.spanId).toBe(spanId);
      expect(swap?.parentSpanContext?.spanId).toBe(publish?.spanContext().spanId);
    }
    expect(JSON.stringify(spans.map(({ attributes, events }) => [attributes, events]))).not.toContain(CANARY);
  });

  describe('last good snapshot', () => {
    const offline = { url: 'https://127.0.0.1:1' };

    async function leaveSnapshots(...tables: (readonly Entry[])[]): Promise<string[]> {
      const versions: string[] = [];
      for (const entries of tables) {
        const plane = await startPlane({ stateDirectory: directory, stateKeys });
        versions.push(controlPlane.publish(entries));
        await serves(plane, versions.at(-1)!);
        await stopPlane(plane);
      }
      return versions;
    }
    const files = () => readdirSync(directory).sort();

    it('serves a cold start without a control plane, credentials included', async () => {
      const [version] = await leaveSnapshots(smallTable);
      const plane = await startPlane({ ...offline, stateDirectory: directory, stateKeys });
      expect(plane.current.current?.version).toBe(version);
      expect(plane.credentials.resolve(credential)?.value).toBe(CANARY);
    });

    it('holds thousands of entries', async () => {
      const many = Array.from({ length: 1_201 }, (_, index) => consumer(`c${index}`, `digest-${index}`));
      const [version] = await leaveSnapshots([...serving, ...many]);
      const plane = await startPlane({ ...offline, stateDirectory: directory, stateKeys });
      expect(plane.current.current?.version).toBe(version);
      expect(plane.current.current?.ownerOf('digest-1200')?.consumer.name).toBe('c1200');
    });

    it('shows nothing on the disk, and keeps two generations', async () => {
      await leaveSnapshots(smallTable, second, smallTable);
      expect(files()).toHaveLength(2);
      for (const file of files()) {
        const bytes = readFileSync(join(directory, file));
        for (const text of [CANARY, 'default/chat']) expect(bytes.includes(text)).toBe(false);
      }
    });

    it.each<[string, (bytes: Buffer) => Buffer]>([
      ['cut short', (bytes) => bytes.subarray(0, bytes.length / 2)],
      ['empty', () => Buffer.alloc(0)],
      ['changed in one bit', (bytes) => Buffer.from(bytes.map((byte, at) => (at === 60 ? byte ^ 1 : byte)))],
    ])('falls back to the one before when the newest is %s', async (_, damage) => {
      const [before] = await leaveSnapshots(smallTable, second);
      const newest = join(directory, files().at(-1)!);
      writeFileSync(newest, damage(readFileSync(newest)));
      const plane = await startPlane({ ...offline, stateDirectory: directory, stateKeys });
      expect(plane.current.current?.version).toBe(before);
    });

    it('goes on without one under another key, and reads old ones under a list that still holds theirs', async () => {
      const [version] = await leaveSnapshots(smallTable);
      const newKey = randomBytes(32).toString('base64');
      const without = await startPlane({ ...offline, stateDirectory: directory, stateKeys: newKey });
      expect(without.current.current).toBeUndefined();
      const rotated = `${newKey}\n${stateKeys}\n`;
      const plane = await startPlane({ ...offline, stateDirectory: directory, stateKeys: rotated });
      expect(plane.current.current?.version).toBe(version);
    });

    it('continues by a delta from it', async () => {
      await leaveSnapshots(smallTable);
      const version = controlPlane.publish(second);
      const heardBefore = controlPlane.heard.length;
      const plane = await startPlane({ stateDirectory: directory, stateKeys });
      await serves(plane, version);
      await eventuallyPasses(() => expect(controlPlane.heard.slice(heardBefore)).toContain('ack delta'));
    });
  });
});
