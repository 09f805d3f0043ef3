import { type AttemptPlan, decide } from '#libs/routing';
import { Permit } from './permit.js';
import { StatePlane } from '../../test/support/state-plane.js';
import { Waiter } from './waiting-lines.js';

const providers = [
  { name: 'alpha', baseURL: 'http://alpha.test/v1', backend: { connections: { max: 1, maxPending: 8 } } },
];

function planOf(plane: StatePlane): AttemptPlan {
  const { route, table } = plane;
  const decision = decide(route, plane.facts(route, 0), [], table, 0, 0);
  const plan = decision.attempts?.[0];
  if (plan === undefined) throw new Error('nothing was planned');
  return plan;
}

it('a value that is found new while a permit is taken wakes who then takes the last connection: one has it', async () => {
  const plane = await StatePlane.serving({ providers });
  const { routing, credentials, table } = plane;
  const plan = planOf(plane);
  const { candidate, key } = plan;
  const { entry, pool } = candidate;
  // The key rests for another model, so that its new value is news.
  const version = credentials.resolve(key.credential)!.version;
  routing.credentials.resolve(key);
  const news = {
    version,
    errorClass: 'RateLimited',
    code: '',
    about: 'Model',
    retryAfterMs: undefined,
    nowMs: 0,
  } as const;
  routing.credentials.heard({ entry: { ...entry, model: 'other' }, pool }, key, news);
  const taken: unknown[] = [];
  const waiter = new Waiter(() => taken.push(table.admit(plan, 0)));
  routing.lines.wait({ pools: [entry.keyPool], connections: [] }, waiter);
  credentials.rotate(key.credential, 'v2');
  taken.push(table.admit(plan, 0));
  expect(taken).toEqual([expect.any(Permit), 'ConnectionLimit']);
  expect([...routing.connections].map(({ inUse }) => inUse)).toEqual([1]);
});

it('connections of a backend that no table uses any more are forgotten', async () => {
  const plane = await StatePlane.serving({ providers });
  planOf(plane);
  expect(Array.from(plane.routing.connections, ({ id }) => id)).toEqual([expect.stringContaining('alpha.test')]);
  await plane.serve({ providers: [{ name: 'beta', baseURL: 'http://beta.test/v1' }] });
  expect([...plane.routing.connections]).toEqual([]);
});
