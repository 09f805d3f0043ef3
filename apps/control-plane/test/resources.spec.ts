import { PROVIDERS, provider, RunningControlPlane } from './running-control-plane.js';

let server: RunningControlPlane;
beforeAll(async () => {
  server = await RunningControlPlane.start();
});
afterAll(() => server.stop());

test('creates, reads, replaces, patches and deletes an object', async () => {
  const created = await server.call(PROVIDERS, { method: 'POST', body: provider('alpha') });
  expect(created).toMatchObject({
    status: 201,
    body: { metadata: { name: 'alpha', namespace: 'default', generation: 1 } },
  });

  const read = await server.call(`${PROVIDERS}/alpha`);
  expect(read.body).toEqual(created.body);
});
