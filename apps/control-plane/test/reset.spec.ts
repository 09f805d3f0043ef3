import type { Action, CommandResult } from '#libs/control-protocol';
import { eventuallyPasses } from '#libs/testing';
import { TestDataPlane } from '../../../test/publication-fixture.js';
import {
  type AnswerBody,
  provider,
  PROVIDERS,
  type RequestOptions,
  RunningControlPlane,
} from './running-control-plane.js';

const KEY_POOLS = '/apis/signalbox.dev/v1/namespaces/default/keypools';
const DATA_PLANES = '/apis/signalbox.dev/v1/dataplanes';

interface DataPlaneStatus {
  readonly name: string;
  readonly result: string;
  readonly message?: string;
}

describe('reset', () => {
  let controlPlane: RunningControlPlane;
  let replica: RunningControlPlane;
  const planes: TestDataPlane[] = [];
  const received: string[] = [];

  beforeAll(async () => {
    controlPlane = await RunningControlPlane.start();
    replica = await controlPlane.startReplica();
    const make = async (path: string, body: object) =>
      expect((await controlPlane.call(path, { method: 'POST', body })).status).toBe(201);
    await make(PROVIDERS, provider('alpha', { models: [{ name: 'large' }, { name: 'meta/small' }] }));
    await make(KEY_POOLS, {
      apiVersion: 'signalbox.dev/v1',
      kind: 'KeyPool',
      metadata: { name: 'alpha' },
      spec: {
        providerRef: { name: 'alpha' },
        keys: [{ name: 'first', valueFrom: { secretKeyRef: { name: 's', key: 'k' } } }],
      },
    });
    await connect('here', controlPlane, ['ResetBreaker', 'ResetCooldown']);
    await connect('old', controlPlane, []);
    await connect('there', replica, ['ResetBreaker', 'ResetCooldown'], 'Unknown');
    await eventuallyPasses(async () => {
      const { items } = (await controlPlane.call(DATA_PLANES)).body;
      expect(items.map(({ status }) => status?.['connected'])).toEqual([true, true, true]);
    });
  });
  beforeEach(() => received.splice(0));
  afterAll(async () => {
    await Promise.all(planes.map((plane) => plane.stop()));
    await replica.stop();
    await controlPlane.stop();
  });

  async function connect(
    name: string,
    { url, caCertificate: ca, tokens }: RunningControlPlane,
    known: readonly Action['type'][],
    result: CommandResult = 'Reset',
  ): Promise<void> {
    const plane = new TestDataPlane({
      url,
      ca,
      token: tokens['data-plane'],
      name,
      uid: `uid-${name}`,
      commands: {
        known,
        handle: ({ id, action }) => {
          received.push(`${name} ${JSON.stringify(action)}`);
          return { type: 'commandAnswer', id, result, message: 'it was open' };
        },
      },
    });
    planes.push(plane);
    await plane.start();
  }

  const reset = (path: string, spec: object, options: RequestOptions = {}) =>
    controlPlane.call(`${path}/reset`, { method: 'POST', body: { spec }, as: 'editor', ...options });
  const dataPlanesOf = (body: AnswerBody) => (body.status as unknown as { dataPlanes: DataPlaneStatus[] }).dataPlanes;
  const resultsOf = (body: AnswerBody) =>
    Object.fromEntries(dataPlanesOf(body).map(({ name, result }) => [name, result]));

  it('of a breaker reaches the data planes of every replica, and says what each made of it', async () => {
    const { status, body } = await reset(`${PROVIDERS}/alpha`, { model: 'meta/small' });
    expect([status, body.kind, body['spec']]).toEqual([201, 'Reset', { model: 'meta/small' }]);
    expect(dataPlanesOf(body)).toEqual([
      { name: 'here', result: 'Reset', message: 'it was open' },
      { name: 'old', result: 'NotSupported', message: expect.stringContaining('test does not know this command') },
      { name: 'there', result: 'Unknown', message: 'it was open' },
    ]);
    const action = JSON.stringify({
      type: 'ResetBreaker',
      namespace: 'default',
      provider: 'alpha',
      model: 'meta/small',
    });
    expect(received.sort()).toEqual([`here ${action}`, `there ${action}`]);
  });

  it('of a cooldown at one data plane, asked of the other replica', async () => {
    const { status, body } = await replica.call(`${KEY_POOLS}/alpha/reset`, {
      method: 'POST',
      body: { apiVersion: 'signalbox.dev/v1', kind: 'Reset', spec: { key: 'first', dataPlane: 'here' } },
    });
    expect([status, resultsOf(body)]).toEqual([201, { here: 'Reset' }]);
    expect(received).toEqual([
      `here ${JSON.stringify({ type: 'ResetCooldown', namespace: 'default', pool: 'alpha', key: 'first' })}`,
    ]);
  });

  it('leaves one row in the audit with who, what and where', async () => {
    const audit = async (): Promise<Record<string, unknown>[]> =>
      (await controlPlane.call('/audit?kind=Provider&name=alpha')).body.items as never;
    const rows = await audit();
    await reset(`${PROVIDERS}/alpha`, { model: 'large', dataPlane: 'here' });
    const [row, ...others] = await audit();
    expect(others).toEqual(rows);
    expect(row).toMatchObject({
      actor: 'editor',
      verb: 'create',
      kind: 'Provider',
      name: 'alpha',
      subresource: 'reset',
      changes: [
        { path: 'spec.model', after: 'large' },
        { path: 'spec.dataPlane', after: 'here' },
      ],
    });
  });

  it('in a dry run says who would be asked, asks nobody and audits nothing', async () => {
    const rows = (await controlPlane.call('/audit')).body.items.length;
    const { status, body } = await reset(`${PROVIDERS}/alpha`, { model: 'large' }, {});
    expect([status, received.length]).toEqual([201, 2]);
    const dry = await controlPlane.call(`${PROVIDERS}/alpha/reset?dryRun=All`, {
      method: 'POST',
      body: { spec: { model: 'large' } },
    });
    expect([dry.status, resultsOf(dry.body)]).toEqual([201, { here: 'NotAsked', old: 'NotAsked', there: 'NotAsked' }]);
    expect(Object.keys(resultsOf(body))).toEqual(Object.keys(resultsOf(dry.body)));
    expect(received).toHaveLength(2);
    expect((await controlPlane.call('/audit')).body.items).toHaveLength(rows + 1);
  });

  it.each<[string, string, unknown, number, string]>([
    ['a viewer', PROVIDERS, { spec: { model: 'large' } }, 403, 'cannot create resource "providers/reset"'],
    [
      'a model that is not there',
      PROVIDERS,
      { spec: { model: 'larg' } },
      422,
      'spec.model: Unsupported value: it has no model "larg"; did you mean "large"?',
    ],
    ['a key that is not there', KEY_POOLS, { spec: { key: 'zzz' } }, 422, 'it has no key "zzz"; it has first'],
    ['a field that is not there', PROVIDERS, { spec: { modl: 'large' } }, 422, 'spec.modl'],
    ['no spec', PROVIDERS, {}, 422, 'spec: Required value'],
    ['a list', PROVIDERS, [], 400, 'the body must be an object such as {"apiVersion"'],
    [
      'the name of another one',
      PROVIDERS,
      { metadata: { name: 'beta' }, spec: { model: 'large' } },
      422,
      'metadata.name',
    ],
    [
      'a data plane that is not there',
      PROVIDERS,
      { spec: { model: 'large', dataPlane: 'none' } },
      404,
      'dataplanes.signalbox.dev "none" not found',
    ],
  ])('refuses %s', async (who, path, body, code, message) => {
    const as = who === 'a viewer' ? 'viewer' : 'editor';
    const answer = await controlPlane.call(`${path}/alpha/reset`, { method: 'POST', body, as });
    expect([answer.status, answer.body.message]).toEqual([code, expect.stringContaining(message)]);
    expect(received).toEqual([]);
  });

  it('is found by kubectl: in both forms of discovery', async () => {
    const legacy = (await controlPlane.call('/apis/signalbox.dev/v1')).body as unknown as {
      resources: { name: string; kind: string; verbs: string[] }[];
    };
    expect(legacy.resources.filter(({ name }) => name.endsWith('/reset'))).toEqual(
      ['providers/reset', 'keypools/reset'].map((name) =>
        expect.objectContaining({ name, kind: 'Reset', verbs: ['create'] }),
      ),
    );
  });
});
