import { eventuallyPasses } from '#libs/testing';
import type { BackendEntry, Entry } from '#libs/routing-table';
import { entry, match } from '../src/table/testing/entries.js';
import { TestControlPlane, TestDataPlane } from '../../../test/publication-fixture.js';
import { entriesOf } from './support/entries.js';
import { Gateway } from './support/gateway.js';
import { chatAnswer, ScriptedUpstream } from './support/scripted-upstream.js';

/** The whole way: a control plane's stream, the tables that it brings, and requests that are served with them. */
let controlPlane: TestControlPlane;
let plane: TestDataPlane;
let gateway: Gateway;
let upstream: ScriptedUpstream;

const credential = 'default/alpha/key-0';
/** No data plane serves this. */
const broken = match('lost', { route: 'default/absent' });

beforeEach(async () => {
  upstream = await ScriptedUpstream.start();
  upstream.answers(chatAnswer('hello'));
  controlPlane = await TestControlPlane.start();
  controlPlane.secrets.set(credential, { version: 'v1', value: 'first' });
  plane = new TestDataPlane({ url: controlPlane.url, ca: controlPlane.ca });
  gateway = await Gateway.start(undefined, { over: plane });
  controlPlane.publish(naming('v1'));
  await plane.start();
  await hears('served 1');
});
afterEach(async () => {
  await plane.stop();
  await gateway.stop();
  await controlPlane.stop();
  await upstream.stop();
});

const hears = (line: string) => eventuallyPasses(() => expect(controlPlane.heard).toContain(line));

function naming(version: string): readonly Entry[] {
  const entries = entriesOf({ providers: [{ name: 'alpha', baseURL: upstream.baseURL }] });
  return entries.map((each) =>
    each.key === credential && each.kind === 'Credential'
      ? entry('Credential', credential, { id: credential, source: { type: 'Secret', version } })
      : each,
  );
}

function gemini(): Entry {
  const backend = naming('v2').find(({ kind }) => kind === 'Backend')!;
  return entry('Backend', 'default/alpha/m', {
    ...(JSON.parse(Buffer.from(backend.bytes).toString()) as BackendEntry),
    dialect: 'Gemini',
  });
}

/** The status, and the key that the provider was sent. */
async function chat(): Promise<[number, string | undefined]> {
  const before = upstream.calls.length;
  const { status } = await gateway.chat();
  return [status, upstream.calls[before]?.headers.authorization];
}

it('a refused table leaves requests with the keys of the one before, rotated, moved or revoked', async () => {
  expect(await chat()).toEqual([200, 'Bearer first']);
  controlPlane.secrets.set(credential, { version: 'v2', value: 'second' });
  controlPlane.publish([...naming('v2'), broken]);
  await hears('rejected Match/default/lost refers to Route default/absent, which is not in the table');
  expect(await chat()).toEqual([200, 'Bearer first']);

  controlPlane.secrets.delete(credential);
  controlPlane.publish([broken]);
  await eventuallyPasses(() => expect(controlPlane.heard.filter((line) => line === 'nack full')).toHaveLength(2));
  expect(await chat()).toEqual([200, 'Bearer first']);

  controlPlane.secrets.set(credential, { version: 'v2', value: 'second' });
  controlPlane.publish(naming('v2'));
  await hears('served 4');
  expect(await chat()).toEqual([200, 'Bearer second']);
});

it.each<[string, () => void, readonly string[]]>([
  [
    'that names a dialect which this data plane does not speak',
    () => controlPlane.publish([...naming('v2').filter(({ kind }) => kind !== 'Backend'), gemini()]),
    ['rejected Backend default/alpha/m asks for the dialect "Gemini" (known: OpenAI): a newer data plane may know it'],
  ],
  [
    'for which a request path can not be prepared',
    () => {
      plane.current.onPrepare(() => {
        throw new RangeError('a defect');
      });
      controlPlane.publish(naming('v2'));
    },
    ['rejected cannot be prepared: RangeError'],
  ],
])('a table %s is refused, and the one before serves on, with its keys', async (_, publish, heard) => {
  controlPlane.secrets.set(credential, { version: 'v2', value: 'second' });
  publish();
  for (const line of heard) await hears(line);
  expect(controlPlane.heard).not.toContain('served 2');
  expect([await chat(), plane.current.current?.revision]).toEqual([[200, 'Bearer first'], 1]);
});

it.each<[string, () => void, string | undefined]>([
  [
    'rotated: the next attempt has the new one',
    () => {
      controlPlane.secrets.set(credential, { version: 'v2', value: 'second' });
      controlPlane.publish(naming('v2'));
    },
    'Bearer second',
  ],
  [
    'revoked: there is no next attempt',
    () => {
      controlPlane.secrets.delete(credential);
      controlPlane.publish(naming('v1').filter(({ kind }) => kind === 'Consumer'));
    },
    undefined,
  ],
])(
  'a key that goes with a swap while a request of the table before is served starts no attempt: %s',
  async (_, edit, next) => {
    let answerFirst = (): void => {};
    const called = new Promise<void>((resolve) => {
      upstream.answers((_call, index) => {
        if (index > 0) return chatAnswer('hello');
        return {
          type: 'drive',
          run: (response) => {
            answerFirst = () => response.writeHead(503).end('{}');
            resolve();
          },
        };
      });
    });
    const request = gateway.chat();
    await called;
    edit();
    await hears('served 2');
    answerFirst();
    const { status } = await request;
    expect(upstream.calls.map(({ headers }) => headers.authorization)).toEqual(
      ['Bearer first', next].filter((each) => each !== undefined),
    );
    expect(status).toBe(next ? 200 : 503);
  },
);
