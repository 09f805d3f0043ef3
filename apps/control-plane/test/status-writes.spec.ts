import { once } from 'node:events';
import pg from 'pg';
import { WebSocket } from 'ws';
import { decodeFromControlPlane, encodeFromDataPlane, STREAM_PATH } from '#libs/control-protocol';
import { eventually, eventuallyPasses } from '#libs/testing';
import type { ApiObject, Condition } from '#libs/apimachinery';
import { provider, PROVIDERS, RunningControlPlane } from './running-control-plane.js';

const OBJECTS = 1_500;

describe('status in few writes, over the real store', () => {
  let controlPlane: RunningControlPlane;
  const sockets: WebSocket[] = [];
  let databaseUrl: string;

  beforeEach(async () => {
    controlPlane = await RunningControlPlane.start((url) => {
      databaseUrl = url;
      return url;
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.terminate();
    await controlPlane.stop();
  });

  /** Status writes of Providers so far: how many, and in how many transactions. */
  async function written(): Promise<{ rows: number; transactions: number }> {
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const { rows } = await client.query<{ rows: number; transactions: number }>(
      `SELECT count(*)::int AS rows, count(DISTINCT last_rv)::int AS transactions
         FROM object_log WHERE kind = 'Provider' AND subresource = 'status'`,
    );
    await client.end();
    return rows[0]!;
  }

  /** A data plane that answers each publication when `answers` says so. */
  async function join(name: string, answers: Promise<void>): Promise<void> {
    const { url, caCertificate, tokens } = controlPlane;
    const socket = new WebSocket(new URL(STREAM_PATH, url.replace('https', 'wss')), {
      ca: caCertificate,
      headers: { authorization: `Bearer ${tokens['data-plane']}` },
    });
    sockets.push(socket);
    socket.on('message', (data: Buffer) => {
      const message = decodeFromControlPlane(data);
      if (!('nonce' in message)) return;
      const { nonce, revision, version } = message;
      void answers.then(() => socket.send(encodeFromDataPlane({ type: 'ack', nonce, revision, version })));
    });
    await once(socket, 'open');
    const identity = { name, uid: `uid-${name}`, instance: 'i', software: 'test' };
    socket.send(encodeFromDataPlane({ type: 'hello', ...identity, schemaVersions: [1] }));
  }

  const programmed = ({ status }: ApiObject) =>
    (status?.['conditions'] as Condition[] | undefined)?.find(({ type }) => type === 'Programmed')?.reason;
  async function allAre(reason: string): Promise<void> {
    await eventuallyPasses(
      async () => {
        const { items } = (await controlPlane.call(PROVIDERS)).body;
        expect(items).toHaveLength(OBJECTS);
        const others = items.filter((item) => programmed(item) !== reason);
        if (others.length > 0) throw new Error(`${others.length} are not ${reason}`);
      },
      { deadlineMs: 30_000, pollMs: 200 },
    );
  }

  it('what was written while nobody led gets its conditions from whoever leads next', async () => {
    await eventually(async () => (await controlPlane.call('/apis/signalbox.dev/v1')).status === 200);
    const client = new pg.Client(databaseUrl);
    await client.connect();
    const leads = () =>
      controlPlane.logged.filter(({ msg }) => String(msg).startsWith('this replica leads')).at(-1)?.msg;
    await eventually(() => leads() === 'this replica leads');
    // As if another replica had taken over, which dies at once.
    await client.query(
      `UPDATE leader SET epoch = epoch + 1, holder = 'gone', expires_at = clock_timestamp() + interval '6 s'`,
    );
    await eventually(() => leads() === 'this replica leads no longer', { deadlineMs: 20_000 });
    await controlPlane.call(PROVIDERS, { method: 'POST', body: provider('meanwhile') });
    const ready = async () => programmed((await controlPlane.call(`${PROVIDERS}/meanwhile`)).body);
    await eventually(async () => (await ready()) === 'NoDataPlanes', { deadlineMs: 20_000 });
    expect(leads()).toBe('this replica leads');
    await client.end();
  });

  it('1,500 objects and two data planes that join, one of them slowly: 50 transactions at most, each object twice', async () => {
    const documents = Array.from({ length: OBJECTS }, (_, index) => JSON.stringify(provider(`p${index}`)));
    const { status } = await controlPlane.call('/apply', {
      method: 'POST',
      body: documents.join('\n---\n'),
      headers: { 'content-type': 'application/yaml' },
    });
    expect(status).toBe(200);
    await allAre('NoDataPlanes');
    await join('first', Promise.resolve());
    await allAre('Programmed');
    expect(await written()).toMatchObject({ rows: 2 * OBJECTS });

    let answer = () => {};
    await join('slow', new Promise<void>((resolve) => (answer = resolve)));
    const slow = async () => (await controlPlane.call('/apis/signalbox.dev/v1/dataplanes/slow')).body.status;
    await eventually(async () => (await slow())?.['joining'] === true);
    answer();
    await eventually(async () => (await slow())?.['joining'] === undefined && Number((await slow())?.['revision']) > 0);
    // It counts now: one change more goes through both, and nothing but that is written.
    await controlPlane.call(`${PROVIDERS}/p0`, {
      method: 'PATCH',
      body: { spec: { allowInsecure: true } },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    await eventually(async () => {
      const object = (await controlPlane.call(`${PROVIDERS}/p0`)).body;
      return object.metadata.generation === 2 && programmed(object) === 'Programmed';
    });
    const { rows, transactions } = await written();
    expect(transactions).toBeLessThanOrEqual(50);
    expect(rows).toBeLessThanOrEqual(2 * OBJECTS + 3);
  });
});
