import type { ApiObject } from '#libs/apimachinery';
import { kindOf, type DataPlaneStatus } from '#libs/resources';
import { createLogger } from '#libs/telemetry';
import { FakeClock } from '#libs/testing';
import type { ObjectStore } from '../store/object-store.js';
import { ConnectedDataPlanes } from './connected-data-planes.js';
import { DataPlaneWriter } from './data-plane-writer.js';
import { helloOf } from './testing/hello.js';

const hello = helloOf({ version: 'aa', revision: 3 });
const elsewhere: DataPlaneStatus = {
  uid: 'uid',
  connected: true,
  connectedTo: 'other',
  software: '1',
  revision: 3,
  version: 'aa',
};

describe('DataPlaneWriter', () => {
  let clock: FakeClock;
  let dataPlanes: ConnectedDataPlanes;
  let writer: DataPlaneWriter;
  let object: ApiObject | undefined;
  let startMs: number;
  /** What was stored when, in ms since the start: what of the status changed. */
  let written: [atMs: number, Partial<DataPlaneStatus>][];
  let commits: number;
  let failing: boolean;
  let logged: unknown[];

  const commit: ObjectStore['commit'] = async ([write]) => {
    commits++;
    if (failing) throw new Error('the database is away');
    if (!object && write!.ifPresent) return { revision: 1, results: [] };
    const next = write!.mutate(object && structuredClone(object))!;
    const changed = JSON.stringify(next) !== JSON.stringify(object);
    if (changed && write!.subresource) written.push([clock.nowMs() - startMs, next.status as Partial<DataPlaneStatus>]);
    const previous = object;
    object = next;
    return { revision: 1, results: [{ type: changed ? 'MODIFIED' : 'UNCHANGED', object: next, previous }] };
  };

  beforeEach(() => {
    clock = new FakeClock();
    startMs = clock.nowMs();
    [object, written, commits, failing, logged] = [undefined, [], 0, false, []];
    dataPlanes = new ConnectedDataPlanes(() => clock.nowMs());
    writer = new DataPlaneWriter({
      kind: kindOf('signalbox.dev/v1', 'DataPlane')!,
      store: { commit },
      dataPlanes,
      self: 'me',
      clock,
      random: () => 0.5,
      logger: createLogger({
        name: 'test',
        level: 'warn',
        destination: { write: (line) => logged.push(JSON.parse(line)) },
      }),
      count: () => {},
    });
    writer.start();
  });
  afterEach(() => writer.stop());

  const said = (...fields: (keyof DataPlaneStatus)[]) =>
    written.map(([atMs, status]) => [atMs, ...fields.map((field) => status[field])]);

  it('says in one write that a data plane connected and what it serves, if it answers at once', async () => {
    const connection = dataPlanes.connected(hello);
    await clock.advanceAsync(50);
    connection.served({ revision: 7, version: 'bb' });
    await clock.advanceAsync(60_000);
    expect(said('connected', 'joining', 'revision')).toEqual([[50, true, undefined, 7]]);
  });

  it('one that answers late joins first; one that never answers counts after 10 s', async () => {
    const connection = dataPlanes.connected(hello);
    await clock.advanceAsync(3_000);
    connection.served({ revision: 7, version: 'bb' });
    await clock.advanceAsync(20_000);
    expect(said('joining', 'revision')).toEqual([
      [100, true, 3],
      [3_000, undefined, 7],
    ]);
    const silent = dataPlanes.connected({ ...hello, uid: 'another' });
    await clock.advanceAsync(60_000);
    expect(said('joining', 'uid').slice(2)).toEqual([
      [23_100, true, 'another'],
      [33_000, undefined, 'another'],
    ]);
    silent.disconnected();
  });

  it('writes at most once a second what is acknowledged ten times, and also what comes and goes', async () => {
    let connection = dataPlanes.connected(hello);
    for (let revision = 10; revision < 40; revision++) {
      connection.served({ revision, version: 'bb' });
      await clock.advanceAsync(100);
    }
    await clock.advanceAsync(1_000);
    expect(said('revision')).toEqual([
      [0, 10],
      [1_000, 19],
      [2_000, 29],
      [3_000, 39],
    ]);
    const before = written.length;
    const sinceMs = clock.nowMs();
    for (let turn = 0; turn < 20; turn++) {
      connection.disconnected();
      await clock.advanceAsync(2_000);
      connection = dataPlanes.connected(hello);
      await clock.advanceAsync(100);
    }
    expect(written.length - before).toBeLessThanOrEqual((clock.nowMs() - sinceMs) / 1_000);
  });

  it('writes the end of a connection only if it lasts, and not at all if another replica took over', async () => {
    let connection = dataPlanes.connected(hello);
    connection.served({ revision: 7, version: 'bb' });
    await clock.advanceAsync(5_000);
    connection.disconnected();
    await clock.advanceAsync(1_999);
    connection = dataPlanes.connected({ ...hello, version: 'bb', revision: 7 });
    await clock.advanceAsync(60_000);
    expect(said('connected', 'joining')).toEqual([[0, true, undefined]]);

    connection.disconnected();
    object = { ...object!, status: { ...elsewhere } };
    await clock.advanceAsync(60_000);
    expect([written.length, dataPlanes.get('plane')]).toEqual([1, undefined]);

    connection = dataPlanes.connected(hello);
    connection.served({ revision: 8, version: 'cc' });
    await clock.advanceAsync(5_000);
    connection.disconnected();
    await clock.advanceAsync(60_000);
    expect(written.at(-1)![1]).toMatchObject({ connected: false, revision: 8 });
  });

  it('takes one transaction a write once the object is there, and tries again what failed', async () => {
    const connection = dataPlanes.connected(hello);
    connection.served({ revision: 7, version: 'bb' });
    await clock.advanceAsync(5_000);
    const before = commits;
    failing = true;
    connection.served({ revision: 8, version: 'bb' });
    await clock.advanceAsync(100);
    failing = false;
    await clock.advanceAsync(5_000);
    expect(written.at(-1)![1]).toMatchObject({ revision: 8 });
    expect(commits - before).toBe(2);
  });

  it('puts right what somebody else wrote of a data plane that is connected here, and nothing that another replica says', async () => {
    const kind = kindOf('signalbox.dev/v1', 'DataPlane')!;
    const store = (next: ApiObject | undefined) => {
      const previous = object;
      object = next;
      writer.look({
        revision: 1,
        traceParents: [],
        changes: [{ key: 'plane', kind, object: next, previous, statusOnly: true }],
      });
    };
    const connection = dataPlanes.connected(hello);
    connection.served({ revision: 7, version: 'bb' });
    await clock.advanceAsync(5_000);
    const mine = object!.status;
    // The leader took this replica for dead while it could not write that it lives.
    store({ ...object!, status: { ...mine, connected: false } });
    await clock.advanceAsync(1_000);
    expect(object!.status).toEqual(mine);
    store(undefined);
    await clock.advanceAsync(1_000);
    expect(object?.status).toEqual(mine);

    const before = commits;
    store(object);
    store({ ...object!, status: { ...elsewhere } });
    await clock.advanceAsync(60_000);
    expect(commits).toBe(before);
    connection.disconnected();
    await clock.advanceAsync(60_000);
    store({ ...object!, status: { ...elsewhere, connected: false } });
    await clock.advanceAsync(60_000);
    expect(object!.status).toMatchObject({ connected: false, connectedTo: 'other' });
  });

  it('says, once a minute, that two data planes take one object from each other, as on two replicas', async () => {
    const connection = dataPlanes.connected(hello);
    for (let revision = 10; revision < 20; revision++) {
      object = { ...object!, status: { ...elsewhere, uid: 'another' } };
      connection.served({ revision, version: 'bb' });
      await clock.advanceAsync(1_000);
    }
    expect(logged).toEqual([
      expect.objectContaining({
        level: 'warn',
        dataPlane: 'plane',
        uid: 'uid',
        otherUid: 'another',
        otherConnectedTo: 'other',
        msg: expect.stringContaining('SIGNALBOX_DATA_PLANE_NAME') as unknown,
      }),
    ]);
  });
});
